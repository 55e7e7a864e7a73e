"""Make all tables at once."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class AtOnce(migrations.Migration):
    """A migration of new tables only, whose picture of all tables is drawn up once.

    Django draws it up anew after each table, with all that point to it; and nearly every table
    points to nearly every other. Tables may point at each other: keys are checked once all stand.
    """

    def apply(
        self,
        project_state: ProjectState,
        schema_editor: BaseDatabaseSchemaEditor,
        collect_sql: bool = False,
    ) -> ProjectState:
        """Draw up the last picture, then make each table as it stands there."""
        before = project_state.clone()
        project_state.clear_delayed_apps_cache()
        project_state.__dict__.pop("apps", None)
        for operation in self.operations:
            operation.state_forwards(self.app_label, project_state)
        for operation in self.operations:
            operation.database_forwards(self.app_label, schema_editor, before, project_state)
        return project_state
