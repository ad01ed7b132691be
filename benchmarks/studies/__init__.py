"""Measurements on trained and converted networks; every module here is a command."""
