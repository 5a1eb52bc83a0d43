"""What other programs' files call the fields of products, orders and their lines."""

CATEGORY: dict[str, tuple[str, ...]] = {
    "name": ("분류명", "카테고리", "카테고리명", "상품분류", "Category", "Category Name", "Product Category"),
    "code": ("분류코드", "카테고리코드", "Category Code", "Category Id"),
}

PRODUCT: dict[str, tuple[str, ...]] = {
    "name": (
        "상품명", "제품명", "품명", "품목명", "상품", "제품", "품목", "Product Name", "Product", "Item",
        "Item Name", "Item Description",
    ),
    "code": (
        "상품코드", "제품코드", "품번", "품목코드", "상품번호", "제품번호", "Product Code", "SKU", "StockCode",
        "Item Code", "Item No",
        "PRODUCTID", "Product Id", "Part Number",
    ),
    "list_price": (
        "정가", "소비자가", "판매가", "판매가격", "단가", "가격", "List Price", "Price", "Unit Price",
        "sales_price",
    ),
    "cost": ("원가", "매입가", "매입단가", "구매단가", "공급원가", "Cost", "Unit Cost", "Purchase Price", "Cost Price"),
    "category": ("분류", "대분류", "상품군", "제품군", "Series"),
    "is_active": ("판매여부", "사용여부", "판매중", "Active", "Is Active", "Product Active", "Enabled"),
}  # fmt: skip

ORDER: dict[str, tuple[str, ...]] = {
    "number": (
        "주문번호", "수주번호", "전표번호", "거래번호", "Order Number", "Order No", "Order Id", "OrderID",
        "InvoiceNo", "SALESORDERID",
        "SO Number", "Sales Order Id",
    ),
    "ordered_at": (
        "주문일", "주문일시", "주문일자", "수주일", "거래일", "거래일자", "매출일", "매출일자", "판매일",
        "판매일자", "Order Date", "Ordered At",
        "Purchase Date", "InvoiceDate", "Date", "Created Time",
    ),
    "status": ("주문상태", "배송상태", "Order Status"),
    "kind": ("주문구분", "거래구분", "Order Type"),
}  # fmt: skip

ORDER_LINE: dict[str, tuple[str, ...]] = {
    "ordinal": ("순번", "행번호", "라인번호", "Line", "Line No", "Line Number", "Position"),
    "quantity": ("주문수량", "판매수량", "Quantity", "Qty"),
    "unit_price": ("판매단가", "단가", "Unit Price", "List Price", "Price"),
    "cost": ("원가", "매입단가", "단위원가", "Cost", "Unit Cost", "Purchase Price", "Cost Price"),
    "description": ("품목 설명", "규격", "Description", "Item Description"),
    "occurred_at": ("일시", "거래일시"),
}
