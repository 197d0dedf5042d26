"""Which kinds of persons relations allow, found along the tree of populations that they tie."""

from collections.abc import Iterable, Sequence

import networkx as nx

from anonymization.disclosure.tables.kinds import Dimensions, Kind, Kinds, ends_of
from anonymization.disclosure.tables.relations import Accumulation, Cumulative, Relation, Revision, Subset

MOST_KINDS = 500  # beyond it, one clique of all dimensions is no worse


def find_kinds(dimensions: Dimensions, relations: Sequence[Relation]) -> Kinds | None:
    """The kinds of persons of populations that relations connect, by name with their dimensions.

    None when they cannot be told one relation after another: there is a circle or a relation of another sort, kinds are
    too many, or populations hold so different dimensions that their persons are tied by some codes only.
    """
    order = _order(list(dimensions), relations)
    if order is None:
        return None
    kinds: list[Kind] = []
    done: set[str] = set()
    for name, tied in order:
        done.add(name)
        kinds += [kind | {name} for kind in kinds if tied in kind] + [frozenset({name})]
        kinds = [kind for kind in kinds if is_allowed(kind, relations, done)]
        if len(kinds) > MOST_KINDS:
            return None
    found = Kinds(tuple(order), dimensions, tuple(relations), tuple(sorted(kinds, key=sorted)))
    is_exact = len(relations) < 2 or (_have_like_dimensions(found) and (found.are_stated or found.are_whole))
    return found if is_exact else None


def is_allowed(kind: Kind, relations: Iterable[Relation], done: set[str]) -> bool:
    """Whether these relations let a person count in just these populations, as far as they are `done`."""
    return all(_allows(relation, kind) for relation in relations if set(relation.populations) <= done)


def reserved(later: str, earlier: str, relations: Iterable[Relation], done: set[str]) -> str:
    """The arrivals, not yet `done`, that are part of `later` and so cannot have been in `earlier`; or nothing."""
    steps = [r for r in relations if isinstance(r, Cumulative | Accumulation) and ends_of(r) == (earlier, later)]
    return next((step.arrivals for step in steps if step.arrivals and step.arrivals not in done), "")


def _allows(relation: Relation, kind: Kind) -> bool:
    one, other = ends_of(relation)
    stays = one not in kind or other in kind
    match relation:
        case Subset():
            return stays
        case Revision():
            return relation.at_most > 0 or (one in kind) == (other in kind)
        case Accumulation():
            return (one in kind) + (relation.arrivals in kind) == (other in kind)
        case Cumulative():
            came = relation.arrivals in kind
            return (stays or relation.removals > 0) and not (came and (one in kind or other not in kind))
    raise TypeError("Kinds of persons are told of relations between two populations, and of nothing else.")


def _order(populations: list[str], relations: Iterable[Relation]) -> list[tuple[str, str]] | None:
    """Populations along a tree of ties, arrivals before what else is tied to theirs; None when there is a circle."""
    graph = nx.Graph()
    graph.add_nodes_from(populations)
    arrivals = set()
    for relation in relations:
        if not isinstance(relation, Subset | Cumulative | Accumulation | Revision):
            return None
        hub = ends_of(relation)[1]
        graph.add_edges_from((name, hub) for name in relation.populations if name != hub)
        arrivals |= {getattr(relation, "arrivals", "")}
    if not nx.is_forest(graph):
        return None
    first = next((name for name in populations if name not in arrivals), populations[0])
    comes_later = {name: name not in arrivals for name in populations}
    before = nx.dfs_predecessors(graph, first, sort_neighbors=lambda names: sorted(names, key=comes_later.__getitem__))
    return [(first, ""), *before.items()]


def _on_all_shared(relation: Relation, dimensions: Dimensions) -> bool:
    """Whether the relation is stated on everything that each two of its populations share."""
    hub = ends_of(relation)[1]
    shared = [set(dimensions[hub]) & set(dimensions[name]) for name in relation.populations if name != hub]
    return all(found == shared[0] for found in shared)


def _have_like_dimensions(kinds: Kinds) -> bool:
    """Whether what the relations say of some codes says all about persons of each kind.

    So it is when each is stated on all that two of its populations share, when one population of each kind has all its
    dimensions, and when those that have a dimension are tied by it.
    """
    tree = nx.Graph([pair for pair in kinds.order if pair[1]])
    return all(_on_all_shared(relation, kinds.dimensions) for relation in kinds.relations) and all(
        _hangs_together(kind, kinds.dimensions, tree) for kind in kinds.every
    )


def _hangs_together(kind: Kind, dimensions: Dimensions, tree: nx.Graph) -> bool:
    """Whether one of its populations has all its dimensions, and those with one dimension are tied by it."""
    names = set().union(*(dimensions[name] for name in kind))
    holders = [{name for name in kind if dimension in dimensions[name]} for dimension in names]
    widest = max(len(dimensions[name]) for name in kind)
    return widest == len(names) and all(len(held) == 1 or nx.is_connected(tree.subgraph(held)) for held in holders)
