"""Tiles on the grid: nothing over another, no empty rows, whatever somebody does."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dangol.insight.dashboards import grid
from dangol.insight.dashboards.grid import Box

boxes = st.lists(
    st.tuples(st.integers(0, 14), st.integers(0, 30), st.integers(0, 15), st.integers(0, 14)),
    min_size=1,
    max_size=14,
).map(lambda rows: [Box(f"t{at}", *row) for at, row in enumerate(rows)])


def sound(placed):
    for at, one in enumerate(placed):
        assert one.x >= 0
        assert one.y >= 0
        assert one.x + one.w <= grid.COLUMNS
        assert one.w >= grid.LEAST[0]
        assert grid.LEAST[1] <= one.h <= grid.TALLEST
        assert not any(one.meets(other) for other in placed[at + 1 :]), (one, placed)
        above = [
            other
            for other in placed
            if other.x < one.x + one.w and one.x < other.x + other.w and other.y < one.y
        ]
        assert one.y == max((other.y + other.h for other in above), default=0), "it hangs in the air"


@settings(deadline=None)
@given(
    boxes, st.integers(0, 13), st.integers(0, 11), st.integers(0, 20), st.integers(2, 12), st.integers(2, 10)
)
def test_whatever_is_moved_where_nothing_lies_over_another(rows, which, x, y, w, h):
    placed = grid.settled(rows)
    sound(placed)
    key = rows[which % len(rows)].key
    moved = grid.put(placed, Box(key, x, y, w, h))
    sound(moved)
    assert {box.key for box in moved} == {box.key for box in rows}
    assert next(box for box in moved if box.key == key).x == min(x, grid.COLUMNS - w)
    sound(grid.flowed(moved))


@settings(deadline=None)
@given(boxes)
def test_a_new_tile_takes_the_first_free_place(rows):
    placed = grid.settled(rows)
    new = grid.added(placed, "new", 4, 3)
    assert not any(new.meets(other) for other in placed)
    sound(grid.settled([*placed, new]))


def test_a_tile_goes_before_its_neighbour():
    row = [Box("a", 0, 0, 6, 4), Box("b", 6, 0, 6, 4), Box("c", 0, 4, 12, 2)]
    assert [box.key for box in grid.in_order(grid.swapped(row, "b", -1))] == ["b", "a", "c"]
    assert [box.key for box in grid.in_order(grid.swapped(row, "a", -1))] == ["a", "b", "c"]
    assert grid.put(row, Box("b", 0, 0, 6, 4))[0] == Box("b", 0, 0, 6, 4)
