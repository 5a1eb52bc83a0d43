"""Webhooks by the Standard Webhooks specification (https://www.standardwebhooks.com)."""
