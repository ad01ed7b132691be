"""Parts that the commands of `benchmarks.speed` and `benchmarks.studies` import; no module here is a command."""
