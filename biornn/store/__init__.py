"""Networks, recordings, reports and results on disk: safetensors and JSON, written whole or not at all, never a pickle.

`tensors` is the file format, `forms` turns a record into a description and named arrays and back, `kinds` says which
records have a format of their own, `agreement` checks what was read, `foreign` knows the files of other programs, and
`files` saves, loads and finds.
"""

from biornn.core.output import check_outputs, check_writable
from biornn.store.files import available, find, load, save, save_json
from biornn.store.kinds import NETWORK as FORMAT

__all__ = ["FORMAT", "available", "check_outputs", "check_writable", "find", "load", "save", "save_json"]
