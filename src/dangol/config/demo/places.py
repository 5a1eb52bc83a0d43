"""Where the invented customers are: provinces by share, districts with industry, telephone areas."""

from __future__ import annotations

import random
from dataclasses import dataclass

from dangol.config.demo.chance import Weighted


@dataclass(frozen=True)
class Region:
    """A province or metropolitan city: its share of customers, sales territory, area code and first postcodes."""

    name: str
    share: float
    territory: str
    area_code: str
    postcodes: tuple[int, int]
    cities: tuple[str, ...]


REGIONS: tuple[Region, ...] = (
    Region("경기", 27, "수도권2", "31", (10000, 18600), ("시흥시", "안산시 단원구", "화성시", "평택시", "부천시 오정구", "안양시 동안구", "수원시 권선구", "용인시 처인구", "김포시", "파주시", "광주시", "군포시", "성남시 중원구", "안성시")),
    Region("서울", 11, "수도권1", "2", (1000, 8860), ("금천구", "구로구", "영등포구", "성동구", "강서구", "강남구", "송파구")),
    Region("인천", 9, "수도권1", "32", (21300, 23000), ("남동구", "서구", "부평구", "계양구", "연수구")),
    Region("경남", 17, "영남2", "55", (50000, 53300), ("창원시 성산구", "창원시 의창구", "김해시", "창원시 진해구", "양산시", "사천시", "함안군", "진주시", "거제시", "밀양시")),
    Region("부산", 7, "영남1", "51", (46000, 49500), ("강서구", "사상구", "사하구", "기장군", "금정구")),
    Region("울산", 4, "영남1", "52", (44000, 45000), ("북구", "남구", "울주군")),
    Region("대구", 7, "영남1", "53", (41000, 43000), ("달서구", "달성군", "북구", "서구")),
    Region("경북", 6, "영남1", "54", (36000, 40200), ("구미시", "경산시", "포항시 남구", "경주시", "칠곡군", "영천시")),
    Region("충남", 4, "호남충청", "41", (31000, 33600), ("천안시 서북구", "아산시", "당진시", "서산시")),
    Region("충북", 2.5, "호남충청", "43", (27000, 29100), ("청주시 흥덕구", "음성군", "진천군", "충주시")),
    Region("대전", 1.5, "호남충청", "42", (34000, 35400), ("유성구", "대덕구")),
    Region("광주", 2, "호남충청", "62", (61000, 62400), ("광산구", "북구")),
    Region("전북", 1.5, "호남충청", "63", (54000, 56400), ("군산시", "익산시", "전주시 덕진구", "완주군")),
    Region("전남", 0.8, "호남충청", "61", (57000, 59800), ("여수시", "순천시", "영암군")),
    Region("강원", 0.7, "수도권2", "33", (24000, 26500), ("원주시", "춘천시")),
)  # fmt: skip
TERRITORIES = ("수도권1", "수도권2", "영남1", "영남2", "호남충청")
FACTORY_ROADS = (
    "공단로",
    "산단로",
    "공단1로",
    "산단2길",
    "공단동로",
    "테크로",
    "산업로",
    "공단서로",
    "공단중앙로",
    "첨단로",
    "벤처로",
    "기업로",
)
HOME_ROADS = ("중앙로", "새터길", "은행나무길", "솔밭로", "강변로", "햇살로", "들꽃길", "한마음로")
_REGIONS = Weighted([(region, region.share) for region in REGIONS])
BY_NAME = {region.name: region for region in REGIONS}


@dataclass(frozen=True)
class Address:
    """A road-name address (도로명주소) in parts."""

    region: Region
    city: str
    street: str
    postcode: str


def address(rng: random.Random, *, home: bool = False, region: Region | None = None) -> Address:
    """An address in a province drawn by share, on an industrial road or (`home`) a residential one."""
    region = region or _REGIONS.draw(rng)
    road = rng.choice(HOME_ROADS if home else FACTORY_ROADS)
    street = f"{road} {rng.randint(3, 480)}"
    if rng.random() < 0.3:
        street += f"-{rng.randint(1, 40)}"
    if home:
        street += f", {rng.randint(101, 118)}동 {rng.randint(1, 24)}{rng.randint(1, 6):02d}호"
    elif region.name == "서울" or rng.random() < 0.12:
        street += f", {rng.randint(2, 15)}{rng.randint(1, 20):02d}호"
    return Address(region, rng.choice(region.cities), street, f"{rng.randrange(*region.postcodes):05d}")


def landline(rng: random.Random, region: Region) -> str:
    """An office number of the region, E.164."""
    return f"+82{region.area_code}{rng.randint(2, 8)}{rng.randint(10, 99)}{rng.randint(0, 9999):04d}"


def mobile(rng: random.Random) -> str:
    """A mobile number 010-XXXX-XXXX, E.164."""
    exchange = rng.choice((rng.randint(2000, 5799), rng.randint(6200, 9999)))
    return f"+8210{exchange}{rng.randint(0, 9999):04d}"
