"""Invented people: family names by their real shares, given names by the decade of birth.

Family-name shares (per cent) follow the population census of 2015 of Statistics Korea; names written alike
(유, 전, 정, 조 …) are counted together. Given names are put together from syllables in use in that decade,
mixed with its common names, so that a customer base of several hundred thousand does not repeat itself.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from dangol.config.demo.chance import Weighted

FAMILY_NAMES: list[tuple[str, float]] = [
    ("김", 21.5), ("이", 14.7), ("박", 8.4), ("최", 4.7), ("정", 4.7), ("강", 2.5), ("조", 2.9), ("윤", 2.1),
    ("장", 2.1), ("임", 1.9), ("한", 1.6), ("오", 1.5), ("서", 1.5), ("신", 1.9), ("권", 1.4), ("황", 1.4),
    ("안", 1.4), ("송", 1.4), ("전", 1.5), ("홍", 1.1), ("유", 2.1), ("고", 0.95), ("문", 0.93), ("양", 1.1),
    ("손", 0.92), ("배", 0.8), ("백", 0.77), ("허", 0.66), ("남", 0.56), ("심", 0.54), ("노", 0.63), ("하", 0.46),
    ("곽", 0.41), ("성", 0.4), ("차", 0.39), ("주", 0.47), ("우", 0.39), ("구", 0.49), ("나", 0.32), ("민", 0.34),
    ("진", 0.37), ("지", 0.31), ("엄", 0.29), ("채", 0.26), ("원", 0.26), ("천", 0.24), ("방", 0.21), ("공", 0.19),
    ("현", 0.18), ("함", 0.16), ("변", 0.2), ("염", 0.14), ("여", 0.14), ("추", 0.12), ("도", 0.11), ("석", 0.12),
    ("소", 0.1), ("선", 0.09), ("설", 0.09), ("마", 0.08), ("길", 0.08), ("연", 0.07), ("위", 0.06), ("표", 0.06),
    ("명", 0.06), ("기", 0.06), ("반", 0.06), ("왕", 0.05), ("금", 0.05), ("옥", 0.05), ("육", 0.04), ("인", 0.05),
    ("맹", 0.05), ("제", 0.05), ("모", 0.04), ("남궁", 0.05), ("탁", 0.05), ("국", 0.04), ("어", 0.04), ("은", 0.03),
    ("편", 0.03), ("용", 0.03), ("황보", 0.02), ("선우", 0.01), ("제갈", 0.01), ("독고", 0.005),
]  # fmt: skip

# Decade of birth → common names: (men, women).
COMMON: dict[int, tuple[str, str]] = {
    1960: (
        "영수 영호 성호 상철 영철 병철 재호 종수 용수 광수 성수 경수 진호 동수 기철 영진 정호 상호 영식 인수 홍식 창수 명호 태식",
        "영숙 정숙 미숙 경숙 명숙 경희 영희 미경 은숙 순희 옥희 정희 혜숙 현숙 선희 영미 춘희 명희 성희 금숙 영순 미자 정자 말순",
    ),
    1970: (
        "정훈 성호 상훈 성훈 영진 동현 재호 승호 진우 경호 정호 종훈 상현 기태 원석 형준 창민 병준 영민 성진 태영 동욱 용준 재훈",
        "은영 미경 정희 은주 현정 은정 미영 선영 지영 현주 수경 혜경 유미 미정 경아 은희 정은 영미 진희 연주 혜정 윤희 수진 명희",
    ),
    1980: (
        "지훈 성민 현우 정훈 동현 준호 민수 성훈 재현 상현 승현 진우 태훈 영훈 민호 재영 경민 승민 종현 형석 우진 대현 기현 동훈",
        "지영 지혜 은정 수진 혜진 은영 지은 지현 보람 유진 은지 미진 선영 아름 수정 현정 소영 민정 윤정 혜원 정민 경은 나영 효진",
    ),
    1990: (
        "지훈 동현 현우 성민 민수 준영 승현 민재 재현 상우 태현 도현 지호 준혁 성현 영재 동욱 건우 정우 우빈 진혁 재민 원준 찬호",
        "지은 유진 민지 수빈 지현 예진 은지 혜진 소연 지원 수민 다은 예지 하늘 슬기 가영 윤아 혜민 선아 지수 채원 보경 나연 한나",
    ),
    2000: (
        "민준 현우 지훈 준서 우진 건우 예준 도윤 서준 지호 민재 시우 승민 유찬 준우 지환 은찬 태윤 현준 동하",
        "서연 민서 지민 수빈 서윤 예은 지우 하은 채원 유나 서현 윤서 다연 예린 가은 소율 지안 수아 하린 나윤",
    ),
}  # fmt: skip

# Decade → (first syllables, last syllables) of men and of women, for names that are not among the common ones.
_OLD_MEN = ("영 성 상 병 재 종 용 광 경 진 동 기 정 인 창 명 태 홍 봉 춘 덕 만 복 순 철 일 학 문 해 규 길 남 대 두 득 수 원 윤 응 의 장 점 주 중 찬 치 판 평 필 한 형 호 흥 희 승 석 익 권 충",
            "수 호 철 식 진 환 석 근 만 길 용 구 섭 범 남 태 곤 열 운 현 규 기 덕 도 동 룡 모 문 배 복 봉 선 성 술 승 언 영 옥 우 욱 웅 원 윤 율 익 일 재 종 주 준 찬 춘 택 표 필 하 학 한 헌 혁 형 홍 화 훈 흠 희")  # fmt: skip
_OLD_WOMEN = ("영 정 미 경 명 은 순 옥 혜 현 선 춘 성 금 말 복 봉 분 숙 양 연 인 일 종 점 진 창 희 귀 기 길 남 단 덕 동 두 막 문 민 병 삼 상 수 신 애 안 완 외 용 우 원 월 유 윤 의 장 재 주 지 향 형 홍 화 효 후",
              "숙 희 자 순 옥 애 례 임 분 남 경 미 란 심 녀 선 연 영 예 용 원 월 은 이 인 정 주 진 춘 향 현 화 혜 림 매 명 복 봉 수 실 아 엽 완 윤 점 초 필 하 해 덕 금 기 길 단 도 량 련")  # fmt: skip
_MID_MEN = ("지 현 민 동 성 준 승 재 정 태 영 상 진 우 형 경 기 도 대 건 종 원 병 용 창 세 인 윤 한 효 규 광 남 두 명 무 문 범 석 선 수 신 안 연 완 웅 유 은 의 익 일 장 제 주 찬 철 충 필 하 해 혁 호 홍 환 훈 휘 희 강 근 금 길 권",
            "훈 우 현 호 민 수 준 석 영 재 욱 혁 진 환 규 빈 원 철 섭 찬 태 식 범 일 열 헌 협 형 홍 균 기 길 남 도 동 륜 만 명 모 묵 배 백 복 상 서 선 성 솔 승 신 언 엽 오 완 용 운 웅 율 융 은 인 자 정 종 주 중 지 창 천 청 춘 탁 택 표 필 하 학 한 해 화 효 후 휘 흠 희")  # fmt: skip
_MID_WOMEN = ("지 은 수 혜 민 유 현 미 선 소 보 아 윤 정 나 효 경 다 슬 예 가 연 영 주 진 하 희 서 세 승 채 인 라 초 태 란 단 도 리 마 문 별 빛 새 설 성 송 순 시 신 애 양 여 옥 완 우 원 이 재 조 찬 향 홍 화 명 상 금 기 남",
              "영 혜 정 진 은 현 지 미 람 연 아 경 희 원 주 민 나 선 수 빈 림 린 솔 슬 인 예 윤 은 라 란 리 비 별 빛 서 설 소 숙 심 애 양 여 옥 완 우 율 이 임 자 재 전 조 채 하 향 형 화 휘 흔 강 겸 금 기 남 녕 늘 단 담 도 래 련 령 례 령 루 름 명 모 문")  # fmt: skip
_NEW_MEN = ("민 현 지 준 우 건 예 도 서 시 승 유 은 태 동 하 윤 재 찬 선 이 주 한 규 정 율 연 수 세 성 상 산 로 라 리 루 다 단 담 강 가 결 경 겸 기 나 노 누 무 범 별 빈 빛 새 솔 아 여 영 온 완 원 으 의 인 일 자 진 차 채 초 해 혁 형 호 환 효 휘",
            "준 우 훈 서 진 윤 호 재 민 찬 환 현 하 율 빈 성 원 혁 후 겸 결 온 한 솔 빛 강 건 결 경 관 교 구 규 균 기 담 도 동 람 랑 려 령 록 루 류 률 린 림 명 모 무 문 산 상 새 석 선 섭 성 세 승 시 신 안 언 엘 연 엽 영 오 완 용 운 웅 유 율 은 이 인 일 제 종 주 중 지 채 천 태 택 필 해 헌 형 호 희")  # fmt: skip
_NEW_WOMEN = ("서 민 지 수 예 하 채 유 윤 다 가 소 나 아 은 시 주 연 이 세 라 해 온 단 도 로 루 리 림 마 미 별 보 봄 빛 사 새 선 설 솔 송 슬 승 신 애 여 영 우 원 율 인 재 정 제 조 진 초 태 토 하 한 향 현 혜 효 희",
              "연 서 민 빈 윤 은 우 원 나 현 린 율 안 아 하 솔 온 슬 별 봄 빛 담 라 람 랑 래 령 로 루 름 리 림 미 비 새 설 세 송 수 숲 시 신 애 야 언 엘 여 영 예 온 완 유 으 을 음 이 인 임 재 전 정 제 주 지 진 채 큼 해 향 형 혜 호 화 휘 희")  # fmt: skip
SYLLABLES: dict[int, tuple[tuple[str, str], tuple[str, str]]] = {
    1960: (_OLD_MEN, _OLD_WOMEN),
    1970: (_OLD_MEN, _MID_WOMEN),
    1980: (_MID_MEN, _MID_WOMEN),
    1990: (_MID_MEN, _MID_WOMEN),
    2000: (_NEW_MEN, _NEW_WOMEN),
}
COMMON_SHARE = 0.3
SKEW = 1.5
"""Syllables stand in the order of their frequency; > 1 draws the first ones more often."""

JOB_TITLES = Weighted(
    [("대표이사", 6), ("이사", 8), ("부장", 16), ("차장", 13), ("과장", 21), ("팀장", 12), ("대리", 15), ("주임", 5), ("사원", 4)]
)  # fmt: skip
DEPARTMENTS = Weighted(
    [("구매팀", 30), ("생산기술팀", 20), ("설비보전팀", 17), ("자재팀", 10), ("품질관리팀", 9), ("생산관리팀", 8), ("연구소", 4), ("경영지원팀", 2)]
)  # fmt: skip
_FAMILY = Weighted(FAMILY_NAMES)
_DECADES = Weighted([(1960, 14), (1970, 27), (1980, 31), (1990, 23), (2000, 5)])


@dataclass(frozen=True)
class Person:
    """An invented person."""

    name: str
    is_man: bool
    born: int


def person(rng: random.Random, *, decade: int | None = None, women: float = 0.5) -> Person:
    """Draw one person.

    Args:
        rng: the stream to draw from.
        decade: decade of birth (1960 … 2000); by default as in a working population.
        women: share of women, 0 … 1.
    """
    decade = _DECADES.draw(rng) if decade is None else decade
    is_man = rng.random() >= women
    column = 0 if is_man else 1
    if rng.random() < COMMON_SHARE:
        given = rng.choice(_COMMON[decade][column])
    else:
        first, last = _SYLLABLES[decade][column]
        given = first[int(len(first) * rng.random() ** SKEW)] + last[int(len(last) * rng.random() ** SKEW)]
    return Person(_FAMILY.draw(rng) + given, is_man, decade + rng.randrange(10))


def job_title(rng: random.Random, born: int, this_year: int) -> str:
    """A title that fits the age: nobody under 33 is a director, nobody over 45 an assistant."""
    title = JOB_TITLES.draw(rng)
    age = this_year - born
    if age < 33 and title in ("대표이사", "이사", "부장", "차장", "팀장"):
        return rng.choice(("사원", "주임", "대리", "과장"))
    if age > 45 and title in ("사원", "주임", "대리"):
        return rng.choice(("차장", "부장", "이사"))
    return title


_COMMON = {decade: (men.split(), women.split()) for decade, (men, women) in COMMON.items()}
_SYLLABLES = {
    decade: tuple((first.split(), last.split()) for first, last in columns)
    for decade, columns in SYLLABLES.items()
}

_CONSONANTS = [
    "g",
    "kk",
    "n",
    "d",
    "tt",
    "r",
    "m",
    "b",
    "pp",
    "s",
    "ss",
    "",
    "j",
    "jj",
    "ch",
    "k",
    "t",
    "p",
    "h",
]
_VOWELS = ["a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "eu", "ui", "i"]  # fmt: skip
_FINALS = ["", "k", "k", "k", "n", "n", "n", "t", "l", "k", "m", "l", "l", "l", "p", "l", "m", "p", "p", "t", "t", "ng", "t", "t", "k", "t", "p", "h"]  # fmt: skip


def romanised(text: str) -> str:
    """Hangul in Latin letters, syllable by syllable (Revised Romanization without sound changes): for addresses.

    >>> romanised("이서윤")
    'iseoyun'
    """
    out = []
    for character in text:
        code = ord(character) - 0xAC00
        if 0 <= code < 11172:
            out.append(_CONSONANTS[code // 588] + _VOWELS[code % 588 // 28] + _FINALS[code % 28])
        elif character.isascii() and character.isalnum():
            out.append(character.lower())
    return "".join(out)
