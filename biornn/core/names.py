"""Names that become identifiers of generated code: of banks, channels and decoders."""

import keyword

from biornn.core.checks import refuse

# A name becomes part of longer ones (``state_<name>``), so that most words of C++ and Brian2 do no harm; these do.
RESERVED = {"readout"}
LONGEST = 64


def identifier(where: str, name: object) -> str:
    """Return a name that generated code can carry: ASCII letters, digits and _, no word of Python, C++ or biornn.

    Raises
    ------
    InputError
        Anything else.
    """
    advice = "use letters, digits and _, and begin with a letter"
    if not isinstance(name, str) or not (name.isascii() and name.isidentifier()) or name.startswith("_"):
        refuse(where, "must be an identifier", repr(name), advice)
    if len(name) > LONGEST:
        refuse(where, f"must have at most {LONGEST} characters", name, "shorten it")
    if keyword.iskeyword(name) or name in RESERVED:
        refuse(where, "must not be a reserved word", repr(name), "choose another name")
    return name
