"""What docs/performance.md says, measured: `benchmarks/run` prints every figure.

Rates depend on the machine and on who else is using it. So each target is a ratio to a reference
that is measured in the same run, in turn with what is measured.
"""
