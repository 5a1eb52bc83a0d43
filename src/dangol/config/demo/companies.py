"""Invented companies: names in every legal form and place of it, and business numbers with a right check digit."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from dangol.config.demo.chance import Weighted

# The root of a name is put together from halves that real firms seldom join, so that no real company is meant.
FIRST = [
    "태",
    "대",
    "한",
    "서",
    "동",
    "우",
    "해",
    "성",
    "세",
    "신",
    "진",
    "유",
    "청",
    "남",
    "삼",
    "정",
    "명",
    "경",
    "광",
    "금",
    "현",
    "창",
    "일",
    "덕",
    "은",
    "보",
    "미",
    "원",
    "영",
    "화",
    "석",
    "송",
    "흥",
    "선",
    "도",
    "효",
    "운",
    "백",
    "승",
    "호",
]
SECOND = [
    "겸",
    "온",
    "륜",
    "담",
    "솔",
    "율",
    "결",
    "람",
    "엽",
    "록",
    "슬",
    "헌",
    "욱",
    "묵",
    "휘",
    "벽",
    "탁",
    "곤",
    "섬",
    "견",
    "첨",
    "채",
    "예",
    "울",
    "린",
    "별",
    "샘",
    "찬",
    "균",
    "훤",
    "류",
]
WORDS = [
    "가람",
    "가온",
    "고운",
    "나래",
    "나루",
    "누리",
    "늘찬",
    "다올",
    "다온",
    "도담",
    "도솔",
    "두레",
    "라온",
    "마루",
    "무진",
    "미르",
    "바론",
    "백송",
    "벼리",
    "별하",
    "비호",
    "산들",
    "새론",
    "새움",
    "서현",
    "석향",
    "설악",
    "세찬",
    "소담",
    "솔찬",
    "슬찬",
    "시온",
    "아람",
    "아리",
    "여울",
    "연호",
    "예솔",
    "우솔",
    "유담",
    "윤슬",
    "은솔",
    "이든",
    "자람",
    "정온",
    "지온",
    "참빛",
    "채움",
    "태솔",
    "터전",
    "토담",
    "포근",
    "푸름",
    "하람",
    "하온",
    "한결",
    "한들",
    "한별",
    "해담",
    "해온",
    "해찬",
    "호연",
    "화담",
    "효림",
    "흥솔",
]
# Roots that would read as a place, a trade or a well-known name.
AVOIDED = frozenset(
    [
        "서울",
        "원예",
        "도예",
        "한솔",
        "한울",
        "한온",
        "대륜",
        "대린",
        "우람",
        "해솔",
        "해찬",
        "진솔",
        "현담",
        "동욱",
        "동헌",
        "선린",
        "영찬",
        "명륜",
        "청륜",
        "백록",
        "창록",
        "성휘",
        "화류",
        "효헌",
        "보류",
    ]
)
LETTERS = [
    "에이",
    "비",
    "씨",
    "디",
    "이",
    "에프",
    "지",
    "에이치",
    "아이",
    "제이",
    "케이",
    "엘",
    "엠",
    "엔",
    "오",
    "피",
    "큐",
    "알",
    "에스",
    "티",
    "유",
    "브이",
    "더블유",
    "와이",
    "제트",
]
SUFFIXES: list[tuple[str, float]] = [
    ("정밀", 12), ("테크", 11), ("산업", 10), ("금속", 6), ("엔지니어링", 6), ("기공", 5), ("기계", 5), ("정공", 5),
    ("금형", 5), ("하이텍", 3), ("시스템", 4), ("모터스", 2), ("오토", 2), ("중공업", 1.5), ("특수강", 1.5), ("공업", 4),
    ("메탈", 2), ("툴링", 2), ("이엔지", 4), ("정밀공업", 2), ("스틸", 1.5), ("전자", 2), ("로보틱스", 1), ("자동화", 2),
    ("반도체장비", 0.7), ("에어로", 0.6), ("조선기자재", 0.8), ("파워트레인", 0.5), ("단조", 1), ("주물", 0.8), ("다이캐스팅", 0.7),
    ("열처리", 0.8), ("표면처리", 0.5), ("설비", 1.5), ("머신", 1), ("기어", 0.8), ("프레스", 0.7), ("인더스트리", 0.8),
]  # fmt: skip
FORMS: list[tuple[str, float]] = [
    ("(주){}", 26), ("㈜{}", 18), ("주식회사 {}", 16), ("{}(주)", 8), ("{}㈜", 5), ("{} 주식회사", 5), ("유한회사 {}", 1.5), ("{}", 20.5),
]  # fmt: skip
INDUSTRIES: dict[str, str] = {
    "금형": "금형 제조", "금속": "금속 가공", "메탈": "금속 가공", "특수강": "철강", "스틸": "철강", "단조": "금속 가공", "주물": "주조",
    "다이캐스팅": "주조", "열처리": "열처리", "표면처리": "표면 처리", "모터스": "자동차 부품", "오토": "자동차 부품",
    "파워트레인": "자동차 부품", "기어": "자동차 부품", "중공업": "중공업", "조선기자재": "조선 기자재", "에어로": "항공 부품",
    "전자": "전자 부품", "반도체장비": "반도체 장비", "로보틱스": "로봇·자동화", "자동화": "로봇·자동화", "시스템": "로봇·자동화",
    "설비": "설비 보전", "프레스": "프레스 가공", "툴링": "절삭 공구",
}  # fmt: skip
OTHER_INDUSTRIES = Weighted(
    [
        ("공작기계 제조", 20),
        ("정밀 가공", 30),
        ("자동차 부품", 22),
        ("방산 부품", 6),
        ("의료기기", 5),
        ("산업 기계", 17),
    ]
)
_SUFFIXES = Weighted(SUFFIXES)
_FORMS = Weighted(FORMS)


@dataclass(frozen=True)
class Company:
    """An invented company: its name as written, the bare name, and its trade."""

    name: str
    bare: str
    industry: str
    is_incorporated: bool


def group_roots(rng: random.Random) -> Iterator[str]:
    """Roots that the companies of a group share, none twice."""
    seen: set[str] = set()
    while True:
        root = rng.choice(FIRST) + rng.choice(SECOND)
        if root not in seen and root not in AVOIDED:
            seen.add(root)
            yield root


def _root(rng: random.Random) -> str:
    """누리태겸 …, 태겸 …, 에이치디솔 …, in that order of frequency."""
    kind = rng.random()
    if kind < 0.55:
        return rng.choice(FIRST) + rng.choice(SECOND)
    if kind < 0.85:
        return rng.choice(FIRST) + rng.choice(WORDS)
    return rng.choice(LETTERS) + rng.choice(LETTERS) + rng.choice(SECOND)


def companies(rng: random.Random) -> Iterator[Company]:
    """Companies without end, no bare name twice (several hundred thousand are possible)."""
    seen: set[str] = set()
    while True:
        suffix = _SUFFIXES.draw(rng)
        root = _root(rng)
        bare = root + suffix
        if bare in seen or root in AVOIDED:
            continue
        seen.add(bare)
        form = _FORMS.draw(rng)
        industry = INDUSTRIES.get(suffix) or OTHER_INDUSTRIES.draw(rng)
        yield Company(form.format(bare), bare, industry, is_incorporated=form != "{}")


_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def check_digit(nine: str) -> str:
    """The tenth digit of a 사업자등록번호 for its first nine (국세청 algorithm)."""
    total = sum(int(digit) * weight for digit, weight in zip(nine, _WEIGHTS, strict=True))
    total += int(nine[8]) * 5 // 10
    return str((10 - total % 10) % 10)


def business_numbers(rng: random.Random) -> Iterator[str]:
    """Business numbers of companies (legal-person codes 81, 86, 87, 88), ten digits, none twice."""
    seen: set[str] = set()
    while True:
        nine = f"{rng.randint(101, 699)}{rng.choice(('81', '86', '87', '88'))}{rng.randint(1, 9999):04d}"
        if nine not in seen:
            seen.add(nine)
            yield nine + check_digit(nine)
