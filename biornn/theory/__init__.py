"""Theory: pure functions, one published equation each, in numpy and scipy; SI units throughout."""
