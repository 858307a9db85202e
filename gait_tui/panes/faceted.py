"""A tab of a list with facets beside it, where there is room for them."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from textual import events
from textual.widget import Widget

from gait_tui.models.facets import toggle
from gait_tui.models.rowstore import Item
from gait_tui.panes.facets import FacetPane
from gait_tui.panes.items import ItemsTab
from gait_tui.panes.listing import Listing
from gait_tui.widgets.bars import Divider
from gait_tui.widgets.vtable import VTable

FACETED: int = 140
"""So many columns leave room for the facets."""

R = TypeVar("R", bound=Item)


class FacetedTab(ItemsTab[R], Generic[R]):
    """Facets, list, detail; a facet and the filter text it writes are one."""

    facets: FacetPane

    def panes(self) -> Iterator[Widget]:
        """Yield facets, list, detail."""
        yield self.facets
        yield Divider(id="facet-divider")
        yield from super().panes()

    def on_resize(self, event: events.Resize) -> None:
        """Show the facets where there is room for them."""
        super().on_resize(event)
        self.set_class(event.size.width >= FACETED, "-faceted")

    def stops(self) -> list[VTable]:
        """Facets come last, where they are shown."""
        is_shown = self.has_class("-faceted") and not self.has_class("-empty")
        facets = [self.facets.text] if is_shown else []
        return [*super().stops(), *facets]

    def count_facets(self) -> None:
        """Count what all the rows hold; a thread makes the fields as it needs them."""
        store, held = self.listing.store, self.listing.store.held

        def rows() -> Iterator[R]:
            return (row for key, row in held.rows.items() if key not in held.gone)

        self.facets.count((store.fields(row) for row in rows()), (row.at_ns for row in rows()))

    def on_listing_filled(self, message: Listing.Filled) -> None:
        """Count the facets of all rows."""
        super().on_listing_filled(message)
        if self.listing.store.held.is_whole:
            self.count_facets()

    def on_facet_pane_counted(self, message: FacetPane.Counted) -> None:
        """Say what the facets count now."""
        message.stop()
        self.post_message(self.Changed())

    def on_facet_pane_toggled(self, message: FacetPane.Toggled) -> None:
        """Write the filter that picks a value."""
        message.stop()
        self.listing.set_filter(toggle(self.listing.store.filter.text, message.value))
        self.facets.show_filter(self.listing.store.filter.text)

    def on_listing_said(self, message: Listing.Said) -> None:
        """Mark the facets that a typed filter picks."""
        super().on_listing_said(message)
        self.facets.show_filter(self.listing.store.filter.text)
