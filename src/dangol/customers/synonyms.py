"""What other programs' files call the fields of customers and contacts."""

CUSTOMER: dict[str, tuple[str, ...]] = {
    "name": (
        "상호", "거래처명", "회사명", "업체명", "고객명", "고객 이름", "고객사", "고객사명", "법인명", "상호명", "사업자명",
        "거래처", "업체",
        "기업명", "회사", "상호(법인명)", "Account Name", "Account", "Company", "Company Name",
        "Customer Name", "Business Name",
        "Organization", "Organization Name", "Organisation", "corp_name", "Client", "Client Name",
    ),
    "business_number": (
        "사업자번호", "사업자등록번호", "사업자 등록번호", "등록번호", "Business Number",
        "Business Registration Number",
        "Tax Id", "VAT Number", "BRN",
    ),
    "external_id": (
        "Id", "ACCOUNTID", "Account Id", "고객번호", "거래처코드", "거래처번호", "고객코드", "회원번호",
        "업체코드", "거래처 ID",
        "Customer Id", "Customer No", "Customer Number", "Customer Code", "corp_code", "종목코드",
    ),
    "kind": ("고객구분", "거래처구분", "고객유형", "법인/개인", "개인/법인", "Account Type", "Customer Type"),
    "stage": ("고객상태", "거래상태", "거래처상태", "관계단계", "Account Status", "Lifecycle Stage"),
    "grade": ("등급", "고객등급", "거래처등급", "회원등급", "Rating", "Tier", "Grade", "Account Rating"),
    "since": (
        "거래개시일", "거래시작일", "최초거래일", "가입일", "가입일자", "등록일", "고객등록일",
        "Customer Since", "Created Date", "Created Time",
    ),
    "parent": ("본사", "모회사", "상위거래처", "소속회사", "Parent Account", "Parent Company", "subsidiary_of"),
    "parent.external_id": ("본사코드", "상위거래처코드", "Parent Id", "Parent Account Id"),
    "region": ("시장지역", "Office Location"),
}  # fmt: skip

CONTACT: dict[str, tuple[str, ...]] = {
    "name": (
        "담당자", "담당자명", "담당자 이름", "거래처담당자", "성명", "이름", "Contact Name", "Full Name",
        "Contact", "Last Name",
    ),
    "external_id": ("Id", "CONTACTID", "Contact Id", "담당자번호", "담당자코드", "Contact Number"),
    "phone": ("담당자 전화", "담당자 연락처", "담당자 휴대폰", "Mobile", "Mobile Phone", "Phone"),
    "email": ("담당자 이메일", "담당자 메일", "Contact Email"),
    "customer": ("소속회사", "소속 거래처"),
    "is_primary": ("대표담당자", "주담당자", "주 담당", "Primary", "Primary Contact", "Is Primary"),
}  # fmt: skip
