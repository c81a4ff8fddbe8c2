// SPDX-License-Identifier: Apache-2.0
//
// The only C++ of the tree: Google Benchmark calls C through it, and no exception leaves it.
#include "bench/gbench/shim.h"

#include <benchmark/benchmark.h>

#include <atomic>
#include <exception>

namespace
{

std::atomic<bool> failed{false};

void fail(benchmark::State &state, const char *error)
{
    failed = true;
    state.SkipWithError(error);
}

// Google Benchmark chooses how many operations; they are done in one call, so that its loop costs nothing
// each.
void run(benchmark::State &state, uint64_t bytes, const void *data, const assay_gbench_callbacks *calls)
{
    char error[ASSAY_GBENCH_ERROR_MAX] = "";
    void *own = calls->begin(data, static_cast<unsigned>(state.thread_index()), error);
    if (own == nullptr) {
        fail(state, error);
        return;
    }
    bool ok = true;
    while (state.KeepRunningBatch(state.max_iterations))
        ok = calls->run(own, static_cast<uint64_t>(state.max_iterations), error) && ok;
    if (ok)
        ok = calls->check(own, error);
    calls->end(own);
    if (!ok)
        fail(state, error);
    state.SetItemsProcessed(state.iterations());
    if (bytes > 0)
        state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes));
}

} // namespace

void assay_gbench_init(int *argc, char **argv)
{
    benchmark::Initialize(argc, argv);
}

bool assay_gbench_register(const char *name, unsigned threads, uint64_t bytes, const void *data,
                           const assay_gbench_callbacks *callbacks)
{
    try {
        auto *b = benchmark::RegisterBenchmark(
            name, [=](benchmark::State &state) { run(state, bytes, data, callbacks); });
        b->UseRealTime();
        if (threads > 1)
            b->Threads(static_cast<int>(threads));
        return true;
    } catch (const std::exception &) {
        return false;
    }
}

void assay_gbench_context(const char *key, const char *value)
{
    try {
        benchmark::AddCustomContext(key, value);
    } catch (const std::exception &) {
        failed = true;
    }
}

size_t assay_gbench_run(void)
{
    try {
        return benchmark::RunSpecifiedBenchmarks();
    } catch (const std::exception &) {
        failed = true;
        return 0;
    }
}

bool assay_gbench_failed(void)
{
    return failed;
}

void assay_gbench_shutdown(void)
{
    benchmark::Shutdown();
}
