# ruff: noqa: INP001
"""Two tools that an agent framework would offer to an agent."""

from langchain_core.tools import tool


@tool
def read_ticket(number: str) -> str:
    """Return a ticket."""
    return f"ticket {number}"


@tool
def delete_customer(number: str) -> str:
    """Delete a customer."""
    return f"customer {number} deleted"
