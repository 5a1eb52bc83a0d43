"""What is said with customers: templates with slots that are filled from the customer's own facts.

Slots: {product} an article the customer bought, {order} an order number, {contact} whom it was said with,
{price} an amount, {days} a number of days, {pct} per cent, {month} a month, {rival} an invented competitor,
{n} a small number, {line} a place in the plant.
"""

from __future__ import annotations

from dataclasses import dataclass

RIVALS = ("대승스핀들", "코반정공", "유림베어링", "한도모션", "세경툴링", "니혼스핀들텍")
LINES = ("2호 라인", "5축 가공실", "신공장", "금형 가공실", "3공장 MC반", "시작실", "선삭반")


@dataclass(frozen=True)
class Template:
    """A way something was said; `mood` is good, bad or empty and decides which customers it fits."""

    subject: str
    body: str
    outcome: str = ""
    mood: str = ""


CALLS: tuple[Template, ...] = (
    Template("{product} 추가 발주 문의", "{line}에 {n}개 더 필요하다고 함. 단가는 지난번 기준으로 요청. 견적 보내기로.", "견적 요청", "good"),
    Template("{product} 납기 확인", "{order} 건 출고일 문의. {days}일 뒤 도착으로 안내드림.", "안내 완료"),
    Template("{order} 배송 일정 통화", "오전 도착을 원하심. 물류에 전달했고 기사 연락처 문자로 보냄.", "안내 완료"),
    Template("{product} 소음 관련 통화", "{line}에서 고속 회전 시 소음. 그리스 주입 주기부터 확인 부탁드림. 계속되면 출장 점검.", "점검 예정", "bad"),
    Template("단가 인상 안내 통화", "다음 달부터 {pct}% 인상 안내. {contact}님은 연간 물량 조건으로 조정 요청.", "협의 중", "bad"),
    Template("{rival} 견적과 비교 중", "{rival}에서 {pct}% 낮게 제안받았다고 함. 수리 대응 시간으로 설득. 팀장과 조건 상의 필요.", "협의 중", "bad"),
    Template("하반기 예산 확인", "설비 교체 예산 {price} 정도. {month}월 확정 예정. 그 전에 제안서 요청.", "제안 예정", "good"),
    Template("{product} 재고 문의", "당장 {n}개 필요. 창원 재고로 오늘 출고 가능하다고 안내.", "주문 예정", "good"),
    Template("정비 계약 갱신 통화", "만료 {days}일 전. 프리미엄으로 올리는 조건을 궁금해하심. 점검 횟수 비교표 보내기로.", "제안 예정", "good"),
    Template("세금계산서 발행 문의", "{order} 건 이번 달 마감으로 발행 요청. 관리팀에 전달 완료.", "처리 완료"),
    Template("결제일 조정 요청", "이번 달만 {days}일 늦춰 달라고 함. 관리팀 확인 후 회신하기로.", "확인 중"),
    Template("안부 통화", "최근 가동률이 떨어져 발주가 줄었다고 함. 다음 분기에 다시 연락하기로.", "", "bad"),
    Template("{product} 사용 후기", "진동 수치가 눈에 띄게 줄었다고 만족. {line}에도 적용 검토.", "확대 검토", "good"),
    Template("부재중, 메시지 남김", "{contact}님 외근 중. 오후에 다시 전화하기로.", "부재"),
    Template("{product} 대체품 문의", "단종 여부와 호환 규격 문의. 도면 받아서 확인하기로.", "기술 검토"),
    Template("불량 접수", "{product} {n}개에서 치수 편차. 사진 받음. 교환 처리와 원인 분석 약속.", "교환 진행", "bad"),
)  # fmt: skip
MEETINGS: tuple[Template, ...] = (
    Template("분기 성과 미팅", "납기 준수율 {pct2}% 공유. 불량 {n}건 원인과 대책 설명. 다음 분기 물량 {price} 예상.", "후속 {n}건"),
    Template("{product} 데모", "{line}에서 시연. 표면 조도와 사이클 타임에 관심. {contact}님이 생산 쪽 의견을 모으기로.", "검토 중", "good"),
    Template("현장 방문 – 설비 점검", "{product} 진동 측정. 베어링 마모 초기 단계로 보고 예방 교체 권유.", "제안 예정"),
    Template("신규 라인 협의", "{line} 증설 일정은 {month}월. 스핀들 {n}대 견적 범위 합의. 경쟁은 {rival}.", "견적 예정", "good"),
    Template("클레임 대책 회의", "{order} 건 원인 보고. 재발 방지책에 동의받음. 다음 출하분 전수 검사 약속.", "종결", "bad"),
    Template("연간 단가 협의", "물량 기준 {pct}% 조정안 제시. {rival} 단가표를 보여 주며 추가 인하 요청.", "협의 중", "bad"),
    Template("정비 계약 제안 설명", "연 {n}회 점검, 긴급 출동 조건 설명. 결재선은 {contact}님 위 이사까지.", "검토 중"),
    Template("신임 담당자 인사", "담당이 {contact}님으로 바뀜. 거래 이력과 진행 중인 건을 정리해 드림.", ""),
    Template("공장 견학", "{contact}님 외 {n}분. 조립·밸런싱 공정 견학. 검사 설비에 신뢰를 보임.", "", "good"),
)  # fmt: skip
MAILS_OUT: tuple[Template, ...] = (
    Template("{product} 견적서 송부", "요청하신 {product} {n}개 견적 보내드립니다. 유효기간 30일, 납기 {days}일입니다."),
    Template("{order} 출고 안내", "오늘 출고되었습니다. 송장 번호는 첨부를 확인해 주세요."),
    Template("정비 계약 비교표", "표준과 프리미엄 차이를 표로 정리했습니다. 궁금한 점은 편하게 연락 주세요."),
    Template("{product} 기술 자료", "설치 도면과 윤활 조건표를 첨부합니다."),
    Template("회의록 공유", "오늘 말씀 나눈 내용과 후속 {n}건을 정리했습니다. 빠진 것이 있으면 알려 주세요."),
    Template("납기 지연 사과와 새 일정", "{order} 건이 {days}일 늦어져 죄송합니다. 남은 수량은 먼저 출고하겠습니다.", mood="bad"),
    Template("검사성적서 송부", "{order} 건 검사성적서를 첨부합니다."),
)  # fmt: skip
MAILS_IN: tuple[Template, ...] = (
    Template("{product} 견적 요청", "{product} {n}개 견적 부탁드립니다. 납기와 결제 조건도 함께 알려 주세요.", mood="good"),
    Template("Re: {order} 납기 문의", "현장에서 급하게 찾고 있습니다. 정확한 도착일을 알려 주세요.", mood="bad"),
    Template("도면 송부", "{line}에 들어갈 {product} 도면 보냅니다. 검토 부탁드립니다."),
    Template("단가 조정 요청", "{rival} 제안을 받았습니다. 같은 조건이면 계속 거래하고 싶습니다. 조정 가능할까요.", mood="bad"),
    Template("감사합니다", "지난번 긴급 출고 덕분에 라인이 멈추지 않았습니다.", mood="good"),
    Template("반품 요청", "{product} 규격이 달라 {n}개 반품합니다. 회수 일정 알려 주세요.", mood="bad"),
)  # fmt: skip
NOTES: tuple[Template, ...] = (
    Template("구매 결정 과정", "{contact}님이 고르고 생산이사가 결재. {price} 이상이면 대표 결재."),
    Template("경쟁 상황", "{rival} 영업이 매주 방문. 가격은 낮지만 수리에 2주 걸린다는 불만이 있음."),
    Template("설비 현황", "{line} 스핀들 {n}대가 5년 넘음. 교체 시기 {month}월 예상.", mood="good"),
    Template("결제 조건 메모", "월말 마감 후 {days}일. 어음은 받지 않기로 함."),
    Template("담당자 성향", "{contact}님은 전화보다 메일 선호. 수치 자료를 좋아하심."),
    Template("가동률 하락", "2교대에서 1교대로 줄임. 소모품 발주가 준 이유로 보임.", mood="bad"),
    Template("추천 고객", "협력사 {n}곳 소개 약속. 다음 미팅 때 명함 받기.", mood="good"),
    Template("납품 주의", "하차는 지게차 필요, 13시 이전만 가능. {order} 때 대기 2시간."),
)  # fmt: skip
TASKS: tuple[Template, ...] = (
    Template("{product} 견적 보내기", "{contact}님 요청. {n}개, 납기 {days}일 조건."),
    Template("{contact}님께 전화하기", "지난 통화 후속. {product} 사용 상태 확인."),
    Template("정비 계약 갱신 제안", "만료 {days}일 전. 프리미엄 조건 비교표 준비."),
    Template("{order} 도착 확인", "수량과 포장 상태 확인 전화."),
    Template("{rival} 대비 자료 만들기", "수리 소요일, 보증, 3년 총비용 비교."),
    Template("미수금 확인", "{order} 건 {price} 입금 예정일 확인."),
    Template("{product} 샘플 요청 처리", "기술팀에 샘플 {n}개 요청하고 일정 회신."),
    Template("방문 일정 잡기", "{line} 진동 측정 겸 {contact}님 미팅."),
    Template("불량 분석 보고서 보내기", "{product} 건. 품질팀 결과 받아서 정리.", mood="bad"),
)  # fmt: skip
