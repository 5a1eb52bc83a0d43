"""What the demo company sells: parts of machine tools, maintenance kits and service contracts."""

from __future__ import annotations

from dataclasses import dataclass

# code, name, code of the category above
CATEGORIES: tuple[tuple[str, str, str | None], ...] = (
    ("SP", "스핀들", None),
    ("SP-B", "빌트인 스핀들", "SP"),
    ("SP-D", "직결·벨트 스핀들", "SP"),
    ("BR", "베어링", None),
    ("BR-A", "앵귤러 볼 베어링", "BR"),
    ("BR-R", "롤러 베어링", "BR"),
    ("FD", "이송 부품", None),
    ("FD-S", "볼스크루", "FD"),
    ("FD-G", "리니어 가이드", "FD"),
    ("SN", "센서", None),
    ("SN-V", "진동·온도 센서", "SN"),
    ("SN-P", "위치 센서", "SN"),
    ("TL", "툴링", None),
    ("TL-H", "툴 홀더", "TL"),
    ("TL-C", "척·콜릿", "TL"),
    ("MK", "정비", None),
    ("MK-K", "정비 키트", "MK"),
    ("MK-O", "소모품", "MK"),
    ("SV", "서비스", None),
    ("SV-C", "정비 계약", "SV"),
    ("SV-W", "출장·수리", "SV"),
)


COST_SHARES = {"SP": 0.57, "BR": 0.68, "FD": 0.63, "SN": 0.49, "TL": 0.58, "MK": 0.52}
"""What a product costs, as a share of its price, by the first letters of its category. Services are paid by the hour: nobody
knows what one costs."""


@dataclass(frozen=True)
class ProductPlan:
    """A product. `weight` is how often it is ordered, `pack` a usual quantity."""

    code: str
    name: str
    category: str
    price: int
    unit: str
    weight: float
    pack: int
    is_active: bool = True

    @property
    def cost(self) -> int | None:
        """What one costs, some points above or below its group's share; None for services."""
        share = COST_SHARES.get(self.category[:2])
        if share is None:
            return None
        points = sum(self.code.encode()) % 9 - 4
        return round(self.price * (share + points / 100) / 10) * 10


def _p(
    code: str, name: str, category: str, price: int, weight: float, pack: int = 1, unit: str = "개"
) -> ProductPlan:
    return ProductPlan(code, name, category, price, unit, weight, pack)


PRODUCTS: tuple[ProductPlan, ...] = (
    _p("HX-300", "HX-300 빌트인 스핀들 15kW", "SP-B", 9_800_000, 1.0, 1, "대"),
    _p("HX-500", "HX-500 빌트인 스핀들 22kW", "SP-B", 14_300_000, 1.1, 1, "대"),
    _p("HX-700", "HX-700 빌트인 스핀들 37kW", "SP-B", 21_500_000, 0.4, 1, "대"),
    _p("HX-500H", "HX-500H 고속 스핀들 24,000rpm", "SP-B", 18_900_000, 0.5, 1, "대"),
    _p("DX-210", "DX-210 직결 스핀들 BT40", "SP-D", 5_600_000, 1.2, 1, "대"),
    _p("DX-220", "DX-220 직결 스핀들 BT50", "SP-D", 7_900_000, 0.8, 1, "대"),
    _p("BX-110", "BX-110 벨트 스핀들 BT30", "SP-D", 3_200_000, 1.0, 1, "대"),
    _p("BX-120", "BX-120 벨트 스핀들 BT40", "SP-D", 4_100_000, 0.9, 1, "대"),
    _p("AB-7010", "앵귤러 베어링 AB-7010 P4", "BR-A", 84_000, 6.0, 8),
    _p("AB-7012", "앵귤러 베어링 AB-7012 P4", "BR-A", 98_000, 5.5, 8),
    _p("AB-7014", "앵귤러 베어링 AB-7014 P4", "BR-A", 126_000, 4.5, 6),
    _p("AB-7016C", "세라믹 볼 베어링 AB-7016C", "BR-A", 312_000, 2.6, 4),
    _p("AB-7020C", "세라믹 볼 베어링 AB-7020C", "BR-A", 428_000, 1.8, 4),
    _p("AB-SET4", "스핀들 베어링 4열 세트", "BR-A", 1_180_000, 2.4, 1, "세트"),
    _p("RB-3015", "원통 롤러 베어링 RB-3015", "BR-R", 176_000, 3.2, 4),
    _p("RB-3018", "원통 롤러 베어링 RB-3018", "BR-R", 214_000, 2.4, 4),
    _p("RB-X120", "크로스 롤러 베어링 X120", "BR-R", 389_000, 1.6, 2),
    _p("RB-X200", "크로스 롤러 베어링 X200", "BR-R", 652_000, 1.0, 2),
    _p("BS-2510", "볼스크루 2510 C3 1,000mm", "FD-S", 486_000, 2.2, 1),
    _p("BS-3210", "볼스크루 3210 C3 1,200mm", "FD-S", 614_000, 2.4, 1),
    _p("BS-4012", "볼스크루 4012 C3 1,500mm", "FD-S", 892_000, 1.8, 1),
    _p("BS-5016", "볼스크루 5016 C5 2,000mm", "FD-S", 1_240_000, 0.9, 1),
    _p("BS-NUT32", "볼스크루 너트 32", "FD-S", 148_000, 2.4, 2),
    _p("LG-25", "리니어 가이드 25 레일 1m", "FD-G", 96_500, 3.6, 4),
    _p("LG-35", "리니어 가이드 35 레일 1m", "FD-G", 138_500, 3.0, 4),
    _p("LG-45", "리니어 가이드 45 레일 1m", "FD-G", 196_000, 1.8, 4),
    _p("LG-B25", "리니어 블록 25", "FD-G", 58_400, 4.2, 8),
    _p("LG-B35", "리니어 블록 35", "FD-G", 79_800, 3.4, 8),
    _p("LG-B45", "리니어 블록 45", "FD-G", 112_000, 1.9, 6),
    _p("SV-60", "진동 센서 VS-60", "SN-V", 156_000, 3.4, 6),
    _p("SV-80W", "무선 진동 센서 VS-80W", "SN-V", 289_000, 2.4, 6),
    _p("SV-HUB", "센서 게이트웨이 8채널", "SN-V", 740_000, 1.0, 1, "대"),
    _p("ST-20", "스핀들 온도 센서 TS-20", "SN-V", 64_000, 3.0, 6),
    _p("SP-L500", "리니어 스케일 500mm", "SN-P", 568_000, 1.3, 2),
    _p("SP-L800", "리니어 스케일 800mm", "SN-P", 712_000, 0.9, 2),
    _p("SP-E23", "로터리 엔코더 23bit", "SN-P", 338_000, 1.6, 2),
    _p("SP-PX18", "근접 센서 M18", "SN-P", 18_600, 5.2, 20),
    _p("SP-TP10", "터치 프로브 TP10", "SN-P", 2_450_000, 0.6, 1),
    _p("TH-BT40", "유압 홀더 BT40", "TL-H", 268_000, 3.0, 4),
    _p("TH-BT50", "유압 홀더 BT50", "TL-H", 342_000, 2.0, 4),
    _p("TH-HSK63", "열박음 홀더 HSK-A63", "TL-H", 224_000, 2.8, 6),
    _p("TH-HSK100", "열박음 홀더 HSK-A100", "TL-H", 318_000, 1.4, 4),
    _p("TH-ER32", "콜릿 척 ER32 BT40", "TL-H", 118_000, 3.8, 6),
    _p("TC-ER32", "ER32 콜릿 세트 18본", "TL-C", 196_000, 2.6, 1, "세트"),
    _p("TC-ER25", "ER25 콜릿 세트 15본", "TL-C", 158_000, 2.2, 1, "세트"),
    _p("TC-08", "유압 척 8인치", "TL-C", 1_340_000, 0.9, 1, "대"),
    _p("TC-10", "유압 척 10인치", "TL-C", 1_720_000, 0.6, 1, "대"),
    _p("MK-300", "HX-300 정비 키트", "MK-K", 486_000, 3.0, 1, "세트"),
    _p("MK-500", "HX-500 정비 키트", "MK-K", 624_000, 3.2, 1, "세트"),
    _p("MK-700", "HX-700 정비 키트", "MK-K", 838_000, 1.2, 1, "세트"),
    _p("MK-DX", "DX 시리즈 정비 키트", "MK-K", 392_000, 2.6, 1, "세트"),
    _p("MK-SEAL", "스핀들 씰 세트", "MK-K", 74_000, 4.4, 4, "세트"),
    _p("MK-BELT", "타이밍 벨트 세트", "MK-K", 46_500, 4.0, 4, "세트"),
    _p("OG-15", "고속 스핀들 그리스 400g", "MK-O", 38_400, 6.4, 10),
    _p("OG-32", "오일에어 윤활유 20L", "MK-O", 124_000, 3.8, 2, "통"),
    _p("OF-10", "필터 엘리먼트 10μm", "MK-O", 22_800, 5.8, 12),
    _p("OC-68", "스핀들 냉각유 20L", "MK-O", 98_000, 4.0, 3, "통"),
    _p("SC-STD", "예방정비 계약 표준 1년", "SV-C", 3_600_000, 0.7, 1, "건"),
    _p("SC-PRM", "예방정비 계약 프리미엄 1년", "SV-C", 6_800_000, 0.35, 1, "건"),
    _p("SW-VISIT", "출장 점검", "SV-W", 280_000, 2.4, 1, "회"),
    _p("SW-SPDL", "스핀들 분해 수리", "SV-W", 1_950_000, 0.9, 1, "건"),
    _p("SW-BAL", "현장 밸런싱", "SV-W", 450_000, 1.2, 1, "건"),
    ProductPlan(
        "HX-200", "HX-200 빌트인 스핀들 11kW (단종)", "SP-B", 7_400_000, "대", 0.15, 1, is_active=False
    ),
)
BY_CODE = {product.code: product for product in PRODUCTS}
