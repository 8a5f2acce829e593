"""The errors that pedpose raises on purpose.

Every message names the file, the entry in it, what was expected and what was found, so that it
can be shown to a user as it is. The command line maps each class to an exit code.
"""


class PedposeError(Exception):
    """Base of all errors that a user can cause and mend."""


class SourceError(PedposeError):
    """A picture, video or stream cannot be found or read."""


class DataError(PedposeError):
    """An annotation or prediction file is broken or contradicts itself."""


class CheckpointError(PedposeError):
    """A weights file is not one of ours, is damaged, or does not fit its use."""


class ConfigError(PedposeError):
    """Options that are wrong or do not go together."""


class ExportError(PedposeError):
    """An exported network does not compute what the weights compute that it was made of."""
