"""What other programs' files call the fields of interactions."""

INTERACTION: dict[str, tuple[str, ...]] = {
    "subject": ("제목", "상담제목", "활동명", "Subject", "Title", "Topic"),
    "body": ("내용", "상담내용", "활동내용", "본문", "Description", "Body", "Details"),
    "outcome": ("결과", "상담결과", "통화결과", "Result", "Call Result", "Outcome"),
    "kind": ("활동구분", "상담구분", "접촉유형", "Activity Type", "Interaction Type"),
    "occurred_at": (
        "일시", "활동일시", "상담일시", "상담일", "통화일시", "접촉일", "Call Start Time", "Start DateTime",
        "Start Time",
        "Activity Date", "Created Time",
    ),
    "duration_minutes": (
        "통화시간(분)", "소요시간(분)", "Call Duration (in minutes)", "Duration In Minutes", "Duration",
    ),
    "due_at": ("기한", "마감일", "완료예정일", "Due Date", "Due"),
    "done_at": ("완료일", "완료일시", "Completed At", "Closed Time", "CompletedDateTime"),
    "direction": ("수발신", "발신구분", "Call Type", "Direction"),
}  # fmt: skip
