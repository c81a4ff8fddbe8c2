/* SPDX-License-Identifier: Apache-2.0
 *
 * The index of all runs, in SQLite: which run measured what, with the time of each sample, so that any two
 * instances of a run can be compared block by block. The run files are what counts: whatever becomes of the
 * index, it is made anew from them. Beside it stands a list of all run files, plain text, one path a line, in
 * case the index is broken.
 */
#ifndef ASSAY_STORE_INDEX_H
#define ASSAY_STORE_INDEX_H

#include "bench/store/run_file.h"

struct assay_index;

/* FOLDER/assay/NAME below $XDG_STATE_HOME, or ~/.local/state. false: why; neither is set. */
bool assay_index_path(const char *name, char *path, size_t room, char *why, size_t why_size);
#define ASSAY_INDEX_FILE "history.db"
#define ASSAY_INDEX_LIST "runs"

/* Opens an index, and makes it (with its folders) when it is not there and make is set. false: why names the
 * file and what is wrong: locked, full, not a database, of another version. */
bool assay_index_open(const char *path, bool make, struct assay_index **index, char *why, size_t why_size);
void assay_index_close(struct assay_index *index); /* accepts NULL */
/* All of a run or nothing; replaces what was known of a run of this id. */
bool assay_index_add(struct assay_index *index, const struct assay_run *run, char *why, size_t why_size);

struct assay_index_row { /* one measured cell; strings and samples are valid during the call */
    const char *key, *run, *time, *cpu, *commit, *instance, *version, *build_id;
    bool dirty, noisy;
    uint64_t seed;
    struct assay_cell cell; /* samples: round, block, ns and iterations are set */
};
/* All cells of the cases that match (an extended regular expression; NULL: all), ordered by case, CPU, time
 * and run, in a run by the order of its instances. take returns false to end early, which is no error. */
bool assay_index_select(struct assay_index *index, const char *regex,
                        bool (*take)(void *data, const struct assay_index_row *row), void *data, char *why,
                        size_t why_size);

/* After a run: puts its file on the list and its figures into the index, both where assay_index_path() says.
 * false: why; the run file is none the worse. */
bool assay_index_record(const struct assay_run *run, char *why, size_t why_size);

struct assay_file_list {
    char **paths;
    size_t count, room;
};
/* A file as it is; of a folder, its files that end in .ndjson. false: why. */
bool assay_file_list_add(struct assay_file_list *list, const char *path, char *why, size_t why_size);
/* Those on the list beside the index that are still there; an absent list is an empty one. *gone: how many
 * are not. */
bool assay_file_list_recorded(struct assay_file_list *list, size_t *gone, char *why, size_t why_size);
void assay_file_list_free(struct assay_file_list *list);

struct assay_rebuilt {
    size_t runs; /* indexed */
    size_t bad;  /* files that are no run files, each told to trouble */
    void (*trouble)(void *data, const char *why);
    void *data;
};
/* A new index and list of these files, which take the place of the old ones when they are complete. */
bool assay_index_rebuild(const struct assay_file_list *files, struct assay_rebuilt *result, char *why,
                         size_t why_size);

#endif
