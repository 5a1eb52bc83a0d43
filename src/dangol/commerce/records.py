"""What the kernel knows of products, orders and order lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext_lazy as _

from dangol.commerce import costs, invoices, services, synonyms
from dangol.commerce.models import Category, Invoice, InvoiceLine, Order, OrderLine, Product
from dangol.identity.actors import Actor
from dangol.records import fields
from dangol.records.fields import FieldError
from dangol.records.registry import register
from dangol.records.search.keys import Code, Words
from dangol.records.types import Draft, Inherited, Open, RecordType, Section, WrittenRows

KIND_TONES = {"sale": "p", "return": "r", "adjustment": "g", "charge": "b"}
STATED = ("subtotal", "discount", "tax", "adjustment", "total")
STATUS_TONES = {"placed": "b", "confirmed": "b", "shipped": "g", "delivered": "p", "cancelled": "r"}

INVOICE_TONES = {"draft": "", "approved": "b", "sent": "g", "paid": "p", "cancelled": "r"}


@register
class CategoryRecord(RecordType):
    """A group of products."""

    name = "category"
    path = "categories"
    label = _("Product category")
    label_plural = _("Product categories")
    icon = "folders"
    department = "sales"
    order = 23
    model = Category
    synonyms = synonyms.CATEGORY
    title = "name"
    subtitle = ("code", "parent")
    list_fields = ("name", "code", "parent")
    default_sort = ("code",)
    scope = Open()
    keys = ("code",)
    search = (Words("name"), Code("code"))
    sections = (Section(_("Basics"), ("code", "name", "parent")),)


@register
class ProductRecord(RecordType):
    """Something that is sold."""

    name = "product"
    path = "products"
    label = _("Product")
    label_plural = _("Products")
    icon = "package"
    department = "sales"
    order = 22
    model = Product
    synonyms = synonyms.PRODUCT
    title = "name"
    subtitle = ("code", "category")
    list_fields = ("name", "code", "category", "list_price", "unit", "is_active")
    default_sort = ("name",)
    scope = Open()
    keys = ("code", "external_id")
    search = (Words("name", weight=60), Code("code"))
    kinds = {"list_price": fields.Money, "cost": fields.Money}
    options = {"list_price": {"currency_column": "currency"}, "cost": {"currency_column": "currency"}}
    sections = (
        Section(_("Basics"), ("code", "name", "category", "is_active")),
        Section(_("Price"), ("list_price", "cost", "currency", "unit")),
        Section(_("Other details"), ("external_id", "description")),
    )


@register
class OrderRecord(RecordType):
    """A customer's order, or its taking back."""

    name = "order"
    path = "orders"
    label = _("Order")
    label_plural = _("Orders")
    icon = "truck-delivery"
    department = "sales"
    order = 20
    model = Order
    synonyms = synonyms.ORDER
    title = "number"
    subtitle = ("kind", "status", "customer")
    card_fields = ("customer", "amount", "ordered_at", "status")
    list_fields = ("number", "customer", "kind", "status", "ordered_at", "amount", "lines_count")
    default_sort = ("-ordered_at",)
    scope = Inherited(through="customer")
    keys = ("number", "external_id")
    search = (Code("number"),)
    kinds = dict.fromkeys(STATED, fields.Money)
    options = {
        "kind": {"tones": KIND_TONES},
        "status": {"tones": STATUS_TONES},
        **{name: {"currency_column": "currency"} for name in STATED},
    }
    extra = (
        fields.Money(
            "amount",
            label=_("Amount"),
            column="totals__amount",
            currency_column="currency",
            editable=False,
            reads=("order_line.amount",),
        ),
        fields.Integer("lines_count", label=_("Lines"), column="totals__lines", editable=False),
    )
    sections = (
        Section(_("Basics"), ("number", "customer", "kind", "status", "ordered_at", "amount", "lines_count")),
        Section(_("As the document states"), STATED),
        Section(_("Other details"), ("currency", "due_on", "external_id", "memo")),
    )
    cascade = ("lines",)

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """Keep totals and the customers' timelines in step."""
        ids = [draft.id for draft in (*written.created, *written.updated) if draft.id]
        if any("currency" in draft.values for draft in written.updated):
            services.order_totals_refresh(ids)
        moved = [draft.id for draft in written.updated if draft.id and "customer" in draft.values]
        services.order_timeline_refresh([*ids, *written.restored], withdraw=[*moved, *written.removed])


@register
class OrderLineRecord(RecordType):
    """One line of an order."""

    name = "order_line"
    path = "order-lines"
    label = _("Order line")
    label_plural = _("Order lines")
    icon = "list-details"
    order = 21
    model = OrderLine
    synonyms = synonyms.ORDER_LINE
    title = "description"
    subtitle = ("order", "product")
    list_fields = ("order", "ordinal", "product", "description", "quantity", "unit_price", "amount", "kind")
    default_sort = ("-id",)
    scope = Inherited(through="order.customer")
    keys = ("external_id",)
    kinds = dict.fromkeys(("unit_price", "cost", "amount", "discount", "tax", "total"), fields.Money)
    options = {
        "kind": {"tones": KIND_TONES},
        "unit_price": {"currency_column": "order__currency"},
        # Filled from the product: where that cost is hidden, so is this.
        "cost": {"currency_column": "order__currency", "reads": ("product.cost",)},
        "amount": {"currency_column": "order__currency", "editable": False},
        "discount": {"currency_column": "order__currency"},
        "tax": {"currency_column": "order__currency"},
        "total": {"currency_column": "order__currency"},
    }
    sections = (
        Section(_("Basics"), ("order", "ordinal", "product", "description", "kind")),
        Section(_("Price"), ("quantity", "unit_price", "amount", "cost", "occurred_at")),
        Section(_("As the document states"), ("discount", "tax", "total", "external_id")),
    )

    def before_write(self, rows: Sequence[Draft], *, actor: Actor) -> None:
        """A line that says no cost has what its product costs now. One query, where any line is so."""
        costs.fill(rows)

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """Two lines of an order never share an ordinal, and each has an order or a number elsewhere. One query."""
        yield from services.homeless(rows, "order")
        yield from services.ordinal_problems(rows)

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """Add up the orders these lines stand, or stood, in."""
        services.order_lines_changed(written)


@register
class InvoiceRecord(RecordType):
    """A document that asks a customer for money."""

    name = "invoice"
    path = "invoices"
    label = _("Invoice")
    label_plural = _("Invoices")
    icon = "file-invoice"
    department = "sales"
    order = 24
    model = Invoice
    title = "number"
    subtitle = ("kind", "status", "customer")
    card_fields = ("customer", "total", "due_on", "status")
    list_fields = ("number", "customer", "subject", "status", "issued_on", "due_on", "total", "paid")
    default_sort = ("-issued_on",)
    scope = Inherited(through="customer")
    keys = ("number", "external_id")
    search = (Code("number"), Words("subject", weight=20))
    kinds = dict.fromkeys((*STATED, "paid"), fields.Money)
    options = {
        "status": {"tones": INVOICE_TONES},
        **{name: {"currency_column": "currency"} for name in (*STATED, "paid")},
    }
    extra = (
        fields.Money(
            "lines_amount",
            label=_("Sum of lines"),
            column="totals__amount",
            currency_column="currency",
            editable=False,
            reads=("invoice_line.amount",),
        ),
        fields.Integer("lines_count", label=_("Lines"), column="totals__lines", editable=False),
    )
    sections = (
        Section(
            _("Basics"),
            ("number", "subject", "customer", "contact", "order", "kind", "status", "issued_on", "due_on"),
        ),
        Section(_("Amounts"), (*STATED, "paid", "currency", "lines_amount", "lines_count")),
        Section(_("Other details"), ("external_id", "memo")),
    )
    cascade = ("lines",)

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """Tell it on the customer's timeline."""
        invoices.invoices_written(written)


@register
class InvoiceLineRecord(RecordType):
    """One line of an invoice."""

    name = "invoice_line"
    path = "invoice-lines"
    label = _("Invoice line")
    label_plural = _("Invoice lines")
    icon = "list-details"
    order = 25
    model = InvoiceLine
    title = "description"
    subtitle = ("invoice", "product")
    list_fields = ("invoice", "ordinal", "product", "description", "quantity", "unit_price", "amount")
    default_sort = ("-id",)
    scope = Inherited(through="invoice.customer")
    keys = ("external_id",)
    kinds = dict.fromkeys(("unit_price", "discount", "tax", "amount"), fields.Money)
    options = {
        name: {"currency_column": "invoice__currency"} for name in ("unit_price", "discount", "tax", "amount")
    }
    sections = (
        Section(_("Basics"), ("invoice", "ordinal", "product", "description")),
        Section(_("Price"), ("quantity", "unit_price", "discount", "tax", "amount")),
        Section(_("Other details"), ("external_id",)),
    )

    def check(self, rows: Sequence[Draft], *, actor: Actor) -> Iterable[tuple[int, str, FieldError]]:
        """A line has an invoice, or a number elsewhere. No query."""
        return services.homeless(rows, "invoice")

    def after_write(self, written: WrittenRows, *, actor: Actor) -> None:
        """Add up the invoices these lines stand, or stood, in."""
        invoices.invoice_lines_changed(written)
