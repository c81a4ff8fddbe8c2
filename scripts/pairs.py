# SPDX-License-Identifier: Apache-2.0
"""Two ways to measure the same thing, launched in turn: what harness-cost and engines-agree share."""
import random
import statistics


def alternate(launches, first, second):
    """Calls both `launches` times, one after the other; who goes first changes from launch to launch."""
    a, b = [], []
    for launch in range(launches):
        for who in (0, 1) if launch % 2 else (1, 0):
            (a if who else b).append((first if who else second)())
    return a, b


def ratio(numerators, denominators):
    """The median of the launch-by-launch ratios, and its 95 % interval by resampling launches."""
    ratios = [n / d for n, d in zip(numerators, denominators)]
    rng = random.Random(1)
    medians = sorted(statistics.median(rng.choices(ratios, k=len(ratios))) for _ in range(4000))
    return statistics.median(ratios), medians[100], medians[-101]
