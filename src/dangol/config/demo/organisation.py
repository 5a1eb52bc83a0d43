"""Who works at the demo company: a sales organisation with territories, and the people in it."""

from __future__ import annotations

from dataclasses import dataclass

COMPANY = "단골정밀"
MAIL_DOMAIN = "dangol.example"

TEAM_TREE: tuple[tuple[str, str | None], ...] = (
    ("본사", None),
    ("영업본부", "본사"),
    ("수도권1팀", "영업본부"),
    ("수도권2팀", "영업본부"),
    ("영남1팀", "영업본부"),
    ("영남2팀", "영업본부"),
    ("호남충청팀", "영업본부"),
)
TERRITORY_TREE: tuple[tuple[str, str | None], ...] = (
    ("전국", None),
    ("수도권1", "전국"),
    ("수도권2", "전국"),
    ("영남1", "전국"),
    ("영남2", "전국"),
    ("호남충청", "전국"),
)
TEAM_OF_TERRITORY = {name: f"{name}팀" for name, _parent in TERRITORY_TREE[1:]}


@dataclass(frozen=True)
class Member:
    """A user of the demo: `share` is the part of the team's customers that are theirs."""

    key: str
    name: str
    team: str
    role: str
    territory: str | None = None
    share: float = 0
    is_administrator: bool = False

    @property
    def email(self) -> str:
        return f"{self.key}@{MAIL_DOMAIN}"


DEMO_USER = "seoyun"
ADMINISTRATOR = "admin"
MEMBERS: tuple[Member, ...] = (
    Member(ADMINISTRATOR, "문가은", "본사", "administrator", is_administrator=True),
    Member("haneul", "정하늘", "영업본부", "sales-manager"),
    Member("taejun", "윤태준", "수도권1팀", "sales-manager", "수도권1", 0.45),
    Member("sua", "박수아", "수도권1팀", "sales", "수도권1", 0.55),
    Member("donghyun", "최동현", "수도권2팀", "sales-manager", "수도권2", 0.42),
    Member("yerin", "임예린", "수도권2팀", "sales", "수도권2", 0.58),
    Member("gyeongmin", "조경민", "영남1팀", "sales-manager", "영남1", 0.45),
    Member("hyejin", "신혜진", "영남1팀", "sales", "영남1", 0.55),
    Member("jiwon", "한지원", "영남2팀", "sales-manager", "영남2", 0.14),
    Member(DEMO_USER, "이서윤", "영남2팀", "sales", "영남2", 0.34),
    Member("jihun", "오지훈", "영남2팀", "sales", "영남2", 0.27),
    Member("minjae", "강민재", "영남2팀", "sales", "영남2", 0.25),
    Member("seongho", "백성호", "호남충청팀", "sales", "호남충청", 1.0),
)
BY_KEY = {member.key: member for member in MEMBERS}


def sellers_of(territory: str) -> list[tuple[str, float]]:
    """Keys and customer shares of those who sell in a territory."""
    return [
        (member.key, member.share) for member in MEMBERS if member.territory == territory and member.share
    ]
