"""Columns, constraints and status enums, no behaviour. The schema itself is in `workshops/migrations`."""
