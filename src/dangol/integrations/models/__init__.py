from dangol.integrations.models.moving import Move, MoveState

__all__ = ["Move", "MoveState"]
