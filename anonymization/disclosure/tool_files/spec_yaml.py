"""YAML in which every value is text: a code `NO` stays a code, `010` is not eight, and no key may stand twice."""

from collections.abc import Hashable, Mapping
from typing import Any

import yaml

from anonymization.errors import PolicyError


class _TextLoader(yaml.BaseLoader):
    """Reads every scalar as text; refuses a key that is listed twice, which YAML would drop silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is one word", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value} is listed twice", key.start_mark)
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=deep)


def read_yaml(text: str, file: str) -> Any:
    """The content of a YAML text, all values text. Raises PolicyError with the line."""
    try:
        return yaml.load(text, _TextLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}" if mark else ""
        raise PolicyError(f"{file}{where}: {error.problem or 'not readable as YAML'}: correct it.") from None
    except (yaml.YAMLError, RecursionError):
        raise PolicyError(f"{file}: not readable as YAML text: save it as plain UTF-8 text.") from None


def sentence_on(file: str, problem: Mapping[str, Any]) -> str:
    """What is wrong with a key, as pydantic found it, in a sentence."""
    key = ".".join(str(part) for part in problem["loc"] if part != "[key]")
    where = f"{file}: {key}: " if key else f"{file}: "
    if problem["type"] == "extra_forbidden":
        return f"{where}no such key: correct or remove it."
    if problem["type"] == "missing":
        return f"{where}this key is missing: add it."
    if problem["type"] == "string_pattern_mismatch":
        return f"{where}a name is letters, digits and _, a letter first."
    return f"{where}{problem['msg'].removeprefix('Value error, ')}."
