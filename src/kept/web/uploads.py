"""Files people send: what is larger than any table we take is not even stored."""

from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from kept.imports.intake import WEB

TOO_LARGE = "kept.upload_too_large"


class Bounded(FileUploadHandler):
    """Drops a file once it is larger than the limit, and says so in the request's META."""

    received = 0

    def new_file(self, *args: object, **kwargs: object) -> None:
        self.received = 0
        super().new_file(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.received = start + len(raw_data)
        if self.received > WEB.size_bytes:
            if self.request is not None:
                self.request.META[TOO_LARGE] = True
            raise SkipFile
        return raw_data

    def file_complete(self, _file_size: int) -> None:
        """Leave the whole file to the handlers behind this one."""
