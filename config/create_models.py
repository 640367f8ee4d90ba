"""One step of a migration that makes many tables, so that an empty database is made in seconds."""

from django.db.migrations.operations.base import Operation, OperationCategory


class CreateModels(Operation):
    """Does what its ``CreateModel`` operations do, as one step. They may refer to each other in any order.

    Django renders every related model anew after each operation of a migration. Here they are rendered once, when all
    of them are known.
    """

    category = OperationCategory.ADDITION
    serialization_expand_args = ["operations"]

    def __init__(self, operations):
        self.operations = operations

    def deconstruct(self):
        return type(self).__qualname__, [], {"operations": self.operations}

    def state_forwards(self, app_label, state):
        state.__dict__.pop("apps", None)  # rendered models; the state makes them again when somebody asks
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        for operation in reversed(self.operations):
            operation.database_backwards(app_label, schema_editor, from_state, to_state)

    def describe(self):
        return f"Create models {', '.join(operation.name for operation in self.operations)}"
