"""What is sold and what was bought."""

from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from dangol.customers.models import Contact, Customer
from dangol.records.models import Record


class StatedAmounts(models.Model):
    """The sums that a document from elsewhere states. They are kept as written there, whatever its lines add up to."""

    subtotal = models.DecimalField(_("Net amount"), max_digits=24, decimal_places=4, null=True, blank=True)
    discount = models.DecimalField(_("Discount"), max_digits=24, decimal_places=4, null=True, blank=True)
    tax = models.DecimalField(_("Tax"), max_digits=24, decimal_places=4, null=True, blank=True)
    adjustment = models.DecimalField(
        _("Rounding or adjustment"), max_digits=24, decimal_places=4, null=True, blank=True
    )
    total = models.DecimalField(_("Stated total"), max_digits=24, decimal_places=4, null=True, blank=True)

    class Meta:
        abstract = True


class Category(Record):
    """A group of products; groups nest."""

    code = models.CharField(_("Code"), max_length=64, unique=True, db_collation="C")
    name = models.CharField(_("Name"), max_length=120)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("Belongs to")
    )

    class Meta(Record.Meta):
        verbose_name = _("Product category")
        verbose_name_plural = _("Product categories")

    def __str__(self) -> str:
        return self.name


class Product(Record):
    """Something that can stand on an order line. Postage and fees are products too."""

    code = models.CharField(_("Product code"), max_length=64, unique=True, db_collation="C")
    name = models.CharField(_("Name"), max_length=250, db_collation="C")
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="products", verbose_name=_("Category")
    )
    list_price = models.DecimalField(_("List price"), max_digits=18, decimal_places=4, null=True, blank=True)
    cost = models.DecimalField(_("Cost"), max_digits=18, decimal_places=4, null=True, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, default="KRW", db_default="KRW")
    unit = models.CharField(_("Unit"), max_length=20, blank=True, default="", db_default="")
    is_active = models.BooleanField(_("For sale"), default=True, db_default=True)
    external_id = models.CharField(
        _("Number elsewhere"), max_length=64, null=True, blank=True, db_collation="C"
    )
    description = models.TextField(_("Description"), blank=True, default="", db_default="")

    class Meta(Record.Meta):
        verbose_name = _("Product")
        verbose_name_plural = _("Products")
        constraints = [models.UniqueConstraint(fields=["external_id"], name="commerce_product_external_id")]
        indexes = [models.Index(fields=["name", "id"], name="commerce_product_name_sort")]

    def __str__(self) -> str:
        return self.name


class OrderKind(models.TextChoices):
    SALE = "sale", _("Sale")
    RETURN = "return", _("Return or cancellation")
    ADJUSTMENT = "adjustment", _("Adjustment")


class OrderStatus(models.TextChoices):
    PLACED = "placed", _("Placed")
    CONFIRMED = "confirmed", _("Confirmed")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    CANCELLED = "cancelled", _("Cancelled")


class Order(StatedAmounts, Record):
    """A customer's order, or its taking back. Without customer it is an anonymous sale."""

    number = models.CharField(_("Order number"), max_length=64, unique=True, db_collation="C")
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("Customer"),
        db_index=False,
    )  # fmt: skip
    kind = models.CharField(_("Kind"), max_length=10, choices=OrderKind, default=OrderKind.SALE)
    status = models.CharField(_("Status"), max_length=10, choices=OrderStatus, default=OrderStatus.PLACED)
    ordered_at = models.DateTimeField(_("Ordered"))
    currency = models.CharField(_("Currency"), max_length=3, default="KRW", db_default="KRW")
    due_on = models.DateField(_("Due"), null=True, blank=True)
    external_id = models.CharField(
        _("Number elsewhere"), max_length=64, null=True, blank=True, db_collation="C"
    )
    memo = models.TextField(_("Memo"), blank=True, default="", db_default="")

    class Meta(Record.Meta):
        verbose_name = _("Order")
        verbose_name_plural = _("Orders")
        constraints = [models.UniqueConstraint(fields=["external_id"], name="commerce_order_external_id")]
        indexes = [
            models.Index(fields=["customer", "-ordered_at", "-id"], name="commerce_order_customer"),
            models.Index(fields=["-ordered_at", "-id"], name="commerce_order_recent"),
        ]

    def __str__(self) -> str:
        return self.number


class OrderTotal(models.Model):
    """What an order's lines add up to; kept beside the order, so that a line bumps neither its version nor history."""

    order = models.OneToOneField(
        Order, models.CASCADE, primary_key=True, related_name="totals", verbose_name=_("Order")
    )
    lines = models.IntegerField(_("Lines"), default=0)
    quantity = models.DecimalField(_("Quantity"), max_digits=20, decimal_places=4, default=Decimal(0))
    exact = models.DecimalField(_("Exact amount"), max_digits=28, decimal_places=8, default=Decimal(0))
    amount = models.DecimalField(_("Amount"), max_digits=24, decimal_places=4, default=Decimal(0))

    def __str__(self) -> str:
        return str(self.amount)


class LineKind(models.TextChoices):
    SALE = "sale", _("Sale")
    RETURN = "return", _("Return or cancellation")
    CHARGE = "charge", _("Postage or fee")
    ADJUSTMENT = "adjustment", _("Adjustment")


class OrderLine(Record):
    """One line of an order, known by the order and its ordinal. `amount` is quantity × unit price, never rounded.

    A line from another system whose file does not say which order it belongs to has its number there instead, and
    counts nowhere until it is given its order. `discount`, `tax` and `total` are what that file states. `cost` is what
    one piece cost the company when it was sold, in the order's currency.
    """

    order = models.ForeignKey(
        Order,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="lines",
        verbose_name=_("Order"),
        db_index=False,
    )
    ordinal = models.PositiveIntegerField(_("Line number"))
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="lines", verbose_name=_("Product")
    )
    description = models.CharField(_("Description"), max_length=250, blank=True, default="", db_default="")
    kind = models.CharField(_("Kind"), max_length=10, choices=LineKind, default=LineKind.SALE)
    quantity = models.DecimalField(_("Quantity"), max_digits=18, decimal_places=4)
    unit_price = models.DecimalField(_("Unit price"), max_digits=18, decimal_places=4)
    cost = models.DecimalField(_("Unit cost"), max_digits=18, decimal_places=4, null=True, blank=True)
    amount = models.GeneratedField(
        expression=models.F("quantity") * models.F("unit_price"),
        output_field=models.DecimalField(_("Amount"), max_digits=28, decimal_places=8),
        db_persist=True,
        verbose_name=_("Amount"),
    )
    occurred_at = models.DateTimeField(_("Time"), null=True, blank=True)
    discount = models.DecimalField(_("Discount"), max_digits=24, decimal_places=4, null=True, blank=True)
    tax = models.DecimalField(_("Tax"), max_digits=24, decimal_places=4, null=True, blank=True)
    total = models.DecimalField(_("Stated total"), max_digits=24, decimal_places=4, null=True, blank=True)
    external_id = models.CharField(
        _("Number elsewhere"), max_length=64, null=True, blank=True, db_collation="C"
    )

    class Meta(Record.Meta):
        verbose_name = _("Order line")
        verbose_name_plural = _("Order lines")
        constraints = [
            models.UniqueConstraint(fields=["order", "ordinal"], name="commerce_orderline_ordinal"),
            models.UniqueConstraint(fields=["external_id"], name="commerce_orderline_external_id"),
            models.CheckConstraint(
                condition=Q(order__isnull=False) | Q(external_id__isnull=False),
                name="commerce_orderline_belongs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order_id}/{self.ordinal}"


class InvoiceKind(models.TextChoices):
    INVOICE = "invoice", _("Invoice")
    TAX_INVOICE = "tax_invoice", _("Tax invoice")
    CREDIT_NOTE = "credit_note", _("Credit note")


class InvoiceStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    APPROVED = "approved", _("Approved")
    SENT = "sent", _("Sent")
    PAID = "paid", _("Paid")
    CANCELLED = "cancelled", _("Cancelled")


class Invoice(StatedAmounts, Record):
    """A document that asks a customer for money. Its sums are what it states: they are law, not the lines'."""

    number = models.CharField(_("Invoice number"), max_length=64, unique=True, db_collation="C")
    subject = models.CharField(_("Subject"), max_length=200, blank=True, default="", db_default="")
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="invoices", verbose_name=_("Customer"),
        db_index=False,
    )  # fmt: skip
    contact = models.ForeignKey(
        Contact, models.SET_NULL, null=True, blank=True, related_name="invoices", verbose_name=_("Contact")
    )
    order = models.ForeignKey(
        Order, models.PROTECT, null=True, blank=True, related_name="invoices", verbose_name=_("Order")
    )
    kind = models.CharField(_("Kind"), max_length=12, choices=InvoiceKind, default=InvoiceKind.INVOICE)
    status = models.CharField(_("Status"), max_length=10, choices=InvoiceStatus, default=InvoiceStatus.DRAFT)
    issued_on = models.DateField(_("Issued"))
    due_on = models.DateField(_("Due"), null=True, blank=True)
    currency = models.CharField(_("Currency"), max_length=3, default="KRW", db_default="KRW")
    paid = models.DecimalField(_("Paid amount"), max_digits=24, decimal_places=4, null=True, blank=True)
    external_id = models.CharField(
        _("Number elsewhere"), max_length=64, null=True, blank=True, db_collation="C"
    )
    memo = models.TextField(_("Memo"), blank=True, default="", db_default="")

    class Meta(Record.Meta):
        verbose_name = _("Invoice")
        verbose_name_plural = _("Invoices")
        constraints = [models.UniqueConstraint(fields=["external_id"], name="commerce_invoice_external_id")]
        indexes = [
            models.Index(fields=["customer", "-issued_on", "-id"], name="commerce_invoice_customer"),
            models.Index(fields=["-issued_on", "-id"], name="commerce_invoice_recent"),
        ]

    def __str__(self) -> str:
        return self.number


class InvoiceTotal(models.Model):
    """What an invoice's lines add up to, to be held against what it states."""

    invoice = models.OneToOneField(
        Invoice, models.CASCADE, primary_key=True, related_name="totals", verbose_name=_("Invoice")
    )
    lines = models.IntegerField(_("Lines"), default=0)
    amount = models.DecimalField(_("Sum of lines"), max_digits=28, decimal_places=4, default=Decimal(0))

    def __str__(self) -> str:
        return str(self.amount)


class InvoiceLine(Record):
    """One line of an invoice. `amount` is what the document states for the line, discount and tax considered.

    As with order lines, one whose file does not name its invoice has its number there instead.
    """

    invoice = models.ForeignKey(
        Invoice, models.CASCADE, null=True, blank=True, related_name="lines", verbose_name=_("Invoice")
    )
    ordinal = models.PositiveIntegerField(_("Line number"), null=True, blank=True)
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="invoice_lines",
        verbose_name=_("Product"),
    )
    description = models.CharField(_("Description"), max_length=250, blank=True, default="", db_default="")
    quantity = models.DecimalField(_("Quantity"), max_digits=18, decimal_places=4)
    unit_price = models.DecimalField(_("Unit price"), max_digits=18, decimal_places=4)
    discount = models.DecimalField(_("Discount"), max_digits=24, decimal_places=4, null=True, blank=True)
    tax = models.DecimalField(_("Tax"), max_digits=24, decimal_places=4, null=True, blank=True)
    amount = models.DecimalField(_("Amount"), max_digits=24, decimal_places=4)
    external_id = models.CharField(
        _("Number elsewhere"), max_length=64, null=True, blank=True, db_collation="C"
    )

    class Meta(Record.Meta):
        verbose_name = _("Invoice line")
        verbose_name_plural = _("Invoice lines")
        constraints = [
            models.UniqueConstraint(fields=["external_id"], name="commerce_invoiceline_external_id"),
            models.CheckConstraint(
                condition=Q(invoice__isnull=False) | Q(external_id__isnull=False),
                name="commerce_invoiceline_belongs",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice_id}/{self.ordinal}"
