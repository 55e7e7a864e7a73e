"""What rows that were there before say of themselves in the columns that came since."""

from django.db import migrations

from kept.tenancy import scope


def note_what_was_promised(apps, schema_editor):
    """Mark the jobs of promises, so that they stay open until the client has them."""
    for house in apps.get_model("kept", "Organisation").objects.order_by("pk"):
        with scope.acting_in(house), schema_editor.connection.cursor() as cursor:
            cursor.execute(
                "UPDATE kept_job SET promised = %s"
                " WHERE organisation_id = %s AND id IN (SELECT job_id FROM kept_promise)",
                [True, house.pk],
            )
            cursor.execute(
                "UPDATE kept_terms SET kind = 'imported' WHERE organisation_id = %s AND number > 1",
                [house.pk],
            )


class Migration(migrations.Migration):
    dependencies = [("kept", "0002_life_of_a_promise")]

    operations = [migrations.RunPython(note_what_was_promised, migrations.RunPython.noop)]
