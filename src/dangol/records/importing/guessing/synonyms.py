"""What files call things that many record types have, by field name. Rooms add their own in `RecordType.synonyms`."""

from __future__ import annotations

COMMON: dict[str, tuple[str, ...]] = {
    "external_id": (
        "Id", "ID", "Record Id", "External Id", "외부 번호", "외부 ID", "관리번호", "고유번호", "일련번호", "식별자",
        "코드", "번호", "Code", "Number", "No",
    ),
    "code": ("Code", "코드", "번호", "Id"),
    "number": ("Number", "No", "번호"),
    "name": ("Name", "이름", "명칭", "성명", "Full Name"),
    "phone": (
        "대표전화", "대표 전화번호", "전화번호", "전화", "연락처", "휴대폰", "휴대전화", "핸드폰",
        "휴대폰번호", "핸드폰번호",
        "휴대전화번호", "유선전화", "회사전화", "직통전화", "TEL", "Tel No", "Telephone", "Phone", "Phone Number",
        "Business Phone", "Work Phone", "Mobile", "Mobile Phone", "Cell", "Cell Phone", "H.P", "HP", "Contact Number",
    ),
    "email": (
        "이메일", "이메일 주소", "전자우편", "메일", "메일주소", "대표 이메일", "Email", "E-Mail", "Email Address",
        "E-mail Address", "Mail", "Email Id",
    ),
    "website": (
        "홈페이지", "웹사이트", "누리집", "홈페이지 주소", "URL", "Web", "Website", "Homepage", "Web Site",
        "Domain",
    ),
    "street": (
        "도로명주소", "주소", "사업장 주소", "사업장소재지", "소재지", "회사주소", "지번주소", "배송지 주소",
        "Street",
        "Address", "Street Address", "Billing Street", "Billing Address", "Mailing Street", "Shipping Street",
        "Address 1",
        "Address Line 1",
    ),
    "postcode": (
        "우편번호", "우편 번호", "Zip", "Zip Code", "Postal Code", "Post Code", "Billing Postal Code", "Billing Zip",
        "Billing Code", "Mailing Postal Code", "Mailing Zip", "Shipping Postal Code",
    ),
    "city": ("시군구", "시/군/구", "구군", "도시", "City", "Town", "Billing City", "Mailing City", "Suburb"),
    "region": (
        "시도", "시/도", "지역", "광역", "State", "Province", "Region", "Billing State", "Mailing State",
        "State/Province",
    ),
    "country": ("국가", "나라", "국적", "Country", "Country Code", "Billing Country", "Mailing Country", "Nation"),
    "industry": ("업종", "업태", "산업", "산업군", "종목", "Industry", "Sector", "Business Type"),
    "owner": (
        "담당", "영업담당", "영업담당자", "영업사원", "담당사원", "당사 담당자", "담당 직원", "관리자",
        "Owner", "Record Owner",
        "Account Owner", "Contact Owner", "Sales Rep", "Sales Agent", "Salesperson", "Account Manager", "Assigned To",
        "담당자", "담당자명",
    ),
    "team": ("팀", "부서", "담당팀", "영업팀", "담당부서", "Team", "Sales Team", "Department"),
    "territory": ("영업구역", "관할", "관할지역", "담당지역", "Territory", "Sales Territory", "Regional Office"),
    "birth_date": ("생년월일", "생일", "출생일", "Birthday", "Birthdate", "Date of Birth", "DOB"),
    "description": (
        "비고", "메모", "설명", "특이사항", "참고", "참고사항", "적요", "Description", "Notes", "Note", "Memo",
        "Comments", "Remarks",
    ),
    "memo": (
        "비고", "메모", "설명", "특이사항", "참고", "적요", "요청사항", "Description", "Notes", "Note", "Memo",
        "Comments", "Remarks",
    ),
    "source": ("유입경로", "유입 경로", "출처", "가입경로", "Source", "Lead Source", "Account Source", "Origin"),
    "currency": ("통화", "화폐", "통화코드", "화폐단위", "Currency", "Currency Code", "Currency Iso Code"),
    "status": ("상태", "진행상태", "처리상태", "Status", "State"),
    "kind": ("구분", "종류", "유형", "타입", "Type", "Kind"),
    "department": ("부서", "부서명", "소속", "소속부서", "Department", "Dept"),
    "job_title": ("직함", "직위", "직책", "직급", "Title", "Job Title", "Position", "Designation"),
    "unit": ("단위", "Unit", "UOM"),
    "quantity": ("수량", "갯수", "개수", "Quantity", "Qty", "Count"),
    "unit_price": ("단가", "판매단가", "Unit Price", "Price", "List Price", "Sales Price"),
}  # fmt: skip

VAGUE = frozenset((
    "id", "no", "number", "code", "name", "title", "type", "date", "status", "번호", "코드", "이름",
    "명칭", "구분", "상태", "일자", "날짜", "성명", "유형", "종류", "fullname", "메일", "관리번호",
    "고유번호", "일련번호", "식별자", "recordid", "externalid", "key", "제목", "count", "state",
    "note", "mail", "web",
))  # fmt: skip
"""Names (squeezed) that say what they are only within their own table, never about the record pointed at."""
