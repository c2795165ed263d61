// SPDX-License-Identifier: MIT
//
// The workload of cells as a user of Google Benchmark would time it: an item is an operation, an
// iteration a pass over the objects, which is as much as the runner asks for between two looks at
// the clock. A and B are the two that are compared.
#include <benchmark/benchmark.h>
#include <thread>
#include <unistd.h>

#include "kernel.h"

static void pass(benchmark::State &state, unsigned which)
{
    struct kernel *k = kernel_open(which);
    const uint64_t unit = kernel_unit(k);
    for (auto _ : state)
        kernel_work(k, unit);
    state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(unit));
    const char *wrong = kernel_close(k);
    if (wrong != nullptr)
        state.SkipWithError(wrong);
}
BENCHMARK_CAPTURE(pass, A, 0);
BENCHMARK_CAPTURE(pass, B, 1);

int main(int argc, char **argv)
{
    // sleeps until the process ends, as the runner's setting thread does: glibc is cheaper where
    // there never was a second thread
    std::thread([] {
        for (;;)
            pause();
    }).detach();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
