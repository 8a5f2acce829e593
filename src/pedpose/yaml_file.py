"""Read YAML of strangers as plain data.

Beside what ``yaml.safe_load`` leaves out (Python objects), three things are refused that it reads
without a word: an entry that comes twice, of which the last would win; a few lines of aliases that
stand for billions of entries; and numbers of thousands of digits.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from pedpose.errors import PedposeError

MOST_ENTRIES = 100_000
"""Entries that a file may stand for, with all aliases written out."""

# What PyYAML raises on scalars that do not fit their tag (!!int '', !!timestamp x), on dates that
# do not exist and on brackets in brackets.
_BROKEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)


def read_yaml(path: Path, refusal: type[PedposeError]) -> object:
    """Return the content of a YAML (or JSON) file in UTF-8.

    Args:
        path: The file.
        refusal: What to raise.

    Raises:
        PedposeError: Of the class ``refusal``, if the file cannot be read, is no YAML, has an entry
            twice or is out of all proportion.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise refusal(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise refusal(f"{path}: expected YAML text, found bytes that are not UTF-8") from error
    try:
        return _parse(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = "" if mark is None else f" at line {mark.line + 1}, column {mark.column + 1}"
        raise refusal(f"{path}: not valid YAML: {error.problem}{place}") from error
    except (yaml.YAMLError, *_BROKEN) as error:
        raise refusal(f"{path}: not valid YAML: {error}") from error


class _Loader(yaml.SafeLoader):
    """Refuses numbers too large to print and texts that are none; reads JSON's as JSON does."""

    def construct_yaml_int(self, node: yaml.ScalarNode) -> int:
        number: int = super().construct_yaml_int(node)
        if abs(number) >= 2**63:
            raise yaml.constructor.ConstructorError(
                problem="expected a whole number of 64 bits, found a larger one",
                problem_mark=node.start_mark,
            )
        return number

    def construct_yaml_str(self, node: yaml.ScalarNode) -> str:
        # JSON writes a character beyond 16 bits as two; PyYAML leaves them apart.
        text: str = super().construct_yaml_str(node)
        return text.encode("utf-16", "surrogatepass").decode("utf-16")


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_yaml_int)
_Loader.add_constructor("tag:yaml.org,2002:str", _Loader.construct_yaml_str)


def _parse(text: str) -> object:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _check(node, {})
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _check(node: yaml.Node, counts: dict[yaml.Node, int]) -> int:
    """Refuse what is read without a word; return how many entries a node stands for.

    Args:
        node: To look at.
        counts: Of the nodes that are known, so that each is looked at once; 0 while it is being.
    """
    if node in counts:
        if not counts[node]:
            raise _refused("expected entries that end, found one within itself", node)
        return counts[node]
    counts[node] = 0
    parts: list[yaml.Node] = []
    if isinstance(node, yaml.SequenceNode):
        parts = node.value
    elif isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise _refused(f"expected each entry once, found {key.value!r} again", key)
                seen.add(key.value)
            parts += (key, value)
    count = 1 + sum(_check(part, counts) for part in parts)
    if count > MOST_ENTRIES:
        raise _refused(f"expected up to {MOST_ENTRIES} entries, found more by aliases", node)
    counts[node] = count
    return count


def _refused(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
