"""Scheduled mail 예약 발송: dashboards as PDF, to each person as that person may see them."""
