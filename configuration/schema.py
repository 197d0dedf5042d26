"""What a YAML file of configuration must hold, declared as a model, and what is said when it does not."""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from configuration.file import ConfigurationFile

Text = Annotated[str, Field(min_length=1, pattern=r"\S")]
# a list in the file, and a tuple here, since what is read never changes
Texts = Annotated[tuple[Text, ...], Field(strict=False)]


class Strict(BaseModel):
    """Refuses a key that it does not know, naming those it knows; takes no text for a number, no number for a text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _knows_its_keys(cls, content: Any) -> Any:
        known = cls.model_fields
        for key in content if isinstance(content, Mapping) else ():
            if key not in known:
                said = {"key": str(key), "known": ", ".join(known)}
                raise PydanticCustomError("unknown_key", "not known here; known: {known}", said)
        return content


M = TypeVar("M", bound=BaseModel)


def read_model(file: ConfigurationFile, model: type[M]) -> M:
    """The file as its model. Raises the file's refusal, with a line for each wrong key."""
    content = file.mapping()
    try:
        return model.model_validate(content)
    except ValidationError as error:
        raise refusal_of(file, error.errors()) from None


def refusal_of(file: ConfigurationFile, problems: Iterable[Any]) -> Exception:
    """The file's refusal for what pydantic found, with a line for each wrong key."""
    return file.refusal("\n".join(f"{file.called}: {_sentence(problem)}" for problem in problems))


def _sentence(problem: Mapping[str, Any]) -> str:
    place = [str(part) for part in problem["loc"] if part != "[key]"]
    if problem["type"] == "unknown_key":
        return f"{'.'.join([*place, problem['ctx']['key']])} is not known here; known: {problem['ctx']['known']}."
    key = ".".join(place)
    if problem["type"] == "missing":
        return f"{key} is missing; add it."
    if problem["type"] in ("string_too_short", "string_pattern_mismatch"):
        return f"{key} is empty or not of the form asked for; write it."
    return f"{f'{key}: ' if key else ''}{problem['msg'].removeprefix('Value error, ')}."
