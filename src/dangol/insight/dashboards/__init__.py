"""Dashboards 대시보드: tiles of metrics on a grid, answered for whoever looks."""
