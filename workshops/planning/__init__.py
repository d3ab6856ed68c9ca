"""Planning a day: its facts, its stands, its slots, and when the public sees it. Nobody signed up is touched."""

from workshops.planning.publishing import publish_due

__all__ = ["publish_due"]
