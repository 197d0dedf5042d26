"""The cliques that the blocks of related populations are made of: as small as nothing is lost by."""

from collections.abc import Iterable
from itertools import combinations

import networkx as nx

from anonymization.disclosure.tables.kinds import Dimensions, Kinds
from anonymization.disclosure.tables.table_set import Grouping, Table

CliquesOf = dict[str, list[tuple[str, ...]]]  # of each population


def told_apart(table: Table, grouping: Grouping) -> tuple[str, ...]:
    """The dimensions of which a grouping shows more than one code."""
    levels = zip(table.dimensions, grouping, strict=True)
    return tuple(dimension.name for dimension, level in levels if len(dimension.codes(level)) > 1)


def layouts(
    tables: list[Table], ties: list[list[set[str]]], known: Dimensions, between: Dimensions, kinds: Kinds | None
) -> list[tuple[CliquesOf, Kinds | None]]:
    """How related populations can be laid out so that nothing is lost: cliques of each, and the kinds told apart.

    Where relations alone do not hold the kinds of persons apart, blocks that agree with them clique by clique need not
    come from whole tables that do: then the kinds get blocks, or all dimensions make one clique.
    """
    cliques = _cliques(tables, ties)
    if kinds and kinds.are_stated:
        return [(_laid_out(cliques, {**known, **between}), None)]
    crossed = _laid_out(_cliques(tables, ties, is_one=True), {**known, **between})
    return [(crossed, None), *([(_laid_out(cliques, {**known, **kinds.hidden}), kinds)] if kinds else [])]


def _laid_out(cliques: list[tuple[str, ...]], populations: Dimensions) -> CliquesOf:
    return {name: _restricted(cliques, dimensions) for name, dimensions in populations.items()}


def _cliques(tables: list[Table], ties: list[list[set[str]]], is_one: bool = False) -> list[tuple[str, ...]]:
    """Maximal cliques of the chordal completion, or one of all, each in the order of the dimensions' first use.

    ties: of each relation the dimensions of its populations.
    """
    names = list(dict.fromkeys(d.name for table in tables for d in table.dimensions))
    place = {name: number for number, name in enumerate(names)}  # numbers, since the order of a set of texts varies
    graph = nx.Graph()
    for table in tables:
        for grouping in table.groupings:
            together = [place[name] for name in told_apart(table, grouping)]
            graph.add_nodes_from(together)
            graph.add_edges_from(combinations(together, 2))
    if is_one:
        graph.add_edges_from(combinations(sorted(graph), 2))
    if not graph:
        return [()]
    numbers = [[{place[name] for name in dimensions} for dimensions in tie] for tie in ties]
    chordal, _ = nx.complete_to_chordal_graph(graph)
    while missing := _hidden_ties(chordal, numbers):
        chordal.add_edges_from(missing)
        chordal, _ = nx.complete_to_chordal_graph(chordal)
    cliques = sorted(sorted(clique) for clique in nx.chordal_graph_cliques(chordal))
    return [tuple(names[number] for number in clique) for clique in cliques]


def _hidden_ties(graph: nx.Graph, ties: list[list[set[int]]]) -> list[tuple[int, int]]:
    """Pairs of dimensions that a relation states and that one population ties by others, which the relation lacks.

    Whole tables of that population then agree with no more than some whole tables over the pair, so it is one clique.
    """
    found = []
    for dimensions in ties:
        shared = set.intersection(*dimensions)
        for own in dimensions:
            for part in nx.connected_components(graph.subgraph(own - shared)):
                near = sorted(set().union(*(graph[number] for number in part)) & shared)
                found += [pair for pair in combinations(near, 2) if not graph.has_edge(*pair)]
    return found


def _restricted(cliques: list[tuple[str, ...]], dimensions: Iterable[str]) -> list[tuple[str, ...]]:
    """The cliques of one population: only its own dimensions, only those not inside another one."""
    own = set(dimensions)
    parts = list(dict.fromkeys(tuple(name for name in clique if name in own) for clique in cliques))
    return [part for part in parts if not any(set(part) < set(other) for other in parts)]


def junction_tree(cliques: list[tuple[str, ...]]) -> list[tuple[int, int]]:
    """Pairs of cliques to join: a tree in which any two cliques share what lies between them."""
    graph = nx.Graph()
    graph.add_nodes_from(range(len(cliques)))
    for one, other in combinations(range(len(cliques)), 2):
        graph.add_edge(one, other, weight=len(set(cliques[one]) & set(cliques[other])))
    return sorted(tuple(sorted(edge)) for edge in nx.maximum_spanning_edges(graph, algorithm="prim", data=False))
