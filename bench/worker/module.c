/* SPDX-License-Identifier: Apache-2.0
 *
 * dlopen of a module, its checks, and what was really loaded. RTLD_LOCAL keeps the library's symbols to the
 * module; the module is never closed, because libraries register exit handlers and thread destructors.
 */
#include "bench/worker/module.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void log_line(const char *line)
{
    fprintf(stderr, "assay-worker: %s\n", line);
}

static const struct assay_host host = {.size = sizeof host, .abi = ASSAY_ABI, .log = log_line};

/* The table as it was when the ABI was new; what lies beyond is asked for with ASSAY_HAS(). */
#define FIRST_SIZE offsetof(struct assay_backend, tune)

static const struct assay_backend *open_table(const char *path, char reason[ASSAY_REASON_MAX])
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        snprintf(reason, ASSAY_REASON_MAX, "cannot be loaded: %s", dlerror());
        return NULL;
    }
    const struct assay_backend *(*get)(uint32_t);
    *(void **)&get = dlsym(handle, "assay_backend_get");
    if (!get) {
        snprintf(reason, ASSAY_REASON_MAX, "%s is no assay module: it exports no assay_backend_get", path);
        return NULL;
    }
    const struct assay_backend *backend = get(ASSAY_ABI);
    if (!backend)
        snprintf(reason, ASSAY_REASON_MAX, "%s does not serve ABI %u of this assay", path, ASSAY_ABI);
    return backend;
}

static bool check_table(const struct assay_backend *b, const char *path, char reason[ASSAY_REASON_MAX])
{
    if (b->abi != ASSAY_ABI) {
        snprintf(reason, ASSAY_REASON_MAX, "%s speaks ABI %u, this assay speaks ABI %u: rebuild the module",
                 path, b->abi, ASSAY_ABI);
        return false;
    }
    if (b->size < FIRST_SIZE) {
        snprintf(reason, ASSAY_REASON_MAX, "%s has a table of %u bytes, %zu expected: rebuild the module",
                 path, b->size, FIRST_SIZE);
        return false;
    }
    if (!b->name || !b->create || !b->destroy || !b->identify || !b->supports || !b->last_error) {
        snprintf(reason, ASSAY_REASON_MAX,
                 "%s leaves out one of name, create, destroy, identify, supports, last_error", path);
        return false;
    }
    return true;
}

struct build_id_search {
    uintptr_t base;
    char *out;
    size_t room;
};

static void note_build_id(const uint8_t *note, size_t size, struct build_id_search *search)
{
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) header;
        memcpy(&header, note, sizeof header);
        size_t name = (header.n_namesz + 3u) & ~3u, desc = (header.n_descsz + 3u) & ~3u;
        if (sizeof header + name + desc > size)
            return;
        const uint8_t *id = note + sizeof header + name;
        if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 &&
            memcmp(note + sizeof header, "GNU", 4) == 0) {
            for (size_t i = 0; i < header.n_descsz && 2 * i + 2 < search->room; i++)
                snprintf(search->out + 2 * i, 3, "%02x", id[i]);
            return;
        }
        note += sizeof header + name + desc;
        size -= sizeof header + name + desc;
    }
}

static int visit_object(struct dl_phdr_info *info, size_t size, void *data)
{
    (void)size;
    struct build_id_search *search = data;
    if (info->dlpi_addr != search->base)
        return 0;
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_NOTE && !search->out[0])
            note_build_id((const uint8_t *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr),
                          info->dlpi_phdr[i].p_memsz, search);
    return 1;
}

static void locate_library(struct assay_module *module)
{
    const void *symbol = module->identity.symbol ? module->identity.symbol : module->backend;
    Dl_info info;
    if (!dladdr(symbol, &info) || !info.dli_fname)
        return;
    if (!realpath(info.dli_fname, module->library_path))
        snprintf(module->library_path, sizeof module->library_path, "%s", info.dli_fname);
    struct build_id_search search = {(uintptr_t)info.dli_fbase, module->build_id, sizeof module->build_id};
    dl_iterate_phdr(visit_object, &search);
}

/* A module may have forgotten to. */
static void end_texts(struct assay_identity *id)
{
    id->library[sizeof id->library - 1] = id->version[sizeof id->version - 1] = '\0';
    id->variant[sizeof id->variant - 1] = id->provider[sizeof id->provider - 1] = '\0';
}

bool assay_module_load(struct assay_module *module, const char *path, const struct assay_option *options,
                       size_t count, char reason[ASSAY_REASON_MAX])
{
    memset(module, 0, sizeof *module);
    const struct assay_backend *b = open_table(path, reason);
    if (!b || !check_table(b, path, reason))
        return false;
    module->backend = b;
    if (b->create(&host, options, count, &module->instance) != ASSAY_OK) {
        snprintf(reason, ASSAY_REASON_MAX, "%s: %s", b->name, b->last_error(NULL));
        return false;
    }
    module->identity.size = sizeof module->identity;
    if (b->identify(module->instance, &module->identity) != ASSAY_OK) {
        snprintf(reason, ASSAY_REASON_MAX, "%s: identify failed: %s", b->name,
                 b->last_error(module->instance));
        return false;
    }
    end_texts(&module->identity);
    if (module->identity.fips_asked && !module->identity.fips_active) {
        snprintf(reason, ASSAY_REASON_MAX, "%s: FIPS was asked for but is not active", b->name);
        return false;
    }
    locate_library(module);
    return true;
}
