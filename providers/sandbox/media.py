"""Media: upload, address for five minutes, download, delete; and the Resumable Upload API for samples.

Limits and kinds: Meta's "Media" page (2025).
"""

import hashlib
import hmac
import secrets

from . import own_app, present
from .errors import GraphError, missing, no_such_object
from .http import File, Response
from .router import route

MB = 1024 * 1024
ADDRESS_LIFE = 300
KINDS = {
    "audio": (("audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "audio/opus"), 16 * MB),
    "image": (("image/jpeg", "image/png"), 5 * MB),
    "video": (("video/mp4", "video/3gpp", "video/3gp"), 16 * MB),
    "sticker": (("image/webp",), 512 * 1024),
    "document": (
        (
            "text/plain",
            "text/csv",
            "application/pdf",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            "application/zip",
            "application/json",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ),
        100 * MB,
    ),
}
SAMPLES = {
    "image/jpeg": 5 * MB,
    "image/jpg": 5 * MB,
    "image/png": 5 * MB,
    "video/mp4": 16 * MB,
    "application/pdf": 100 * MB,
}


def kind_of(mime):
    """``image``, ``video``, ``audio``, ``sticker`` or ``document``; ``None`` for a kind WhatsApp doesn't take."""
    plain = mime.split(";")[0].strip().lower()
    return next((kind for kind, (mimes, _) in KINDS.items() if plain in mimes), None)


def keep(store, content, mime, filename, source, number_id=None):
    """Write a file to disk and remember it; its media id."""
    node = store.new_node("media")
    (store.media / node).write_bytes(content)
    store.insert(
        "media",
        id=node,
        number_id=number_id,
        mime=mime,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        filename=filename,
        source=source,
        created_at=present.now(),
    )
    return node


def check(content, mime):
    """Raise the error for a kind or size that WhatsApp refuses."""
    kind = kind_of(mime)
    if kind is None:
        raise GraphError(
            100,
            message=f"(#100) Param file must be a file with one of the following types: {_all_mimes()}. "
            f"Received file of type '{mime}'.",
        )
    if len(content) > KINDS[kind][1]:
        raise GraphError(131053, f"The file is larger than {KINDS[kind][1] // 1024} kB, the limit for {kind}.")
    if not content:
        raise GraphError(131053, "The file is empty.")
    return kind


def _all_mimes():
    return ", ".join(mime for mimes, _ in KINDS.values() for mime in mimes)


@route("POST", "number", "media")
def upload(call):
    if call.params.get("messaging_product") != "whatsapp":
        raise missing("messaging_product")
    file = call.files.get("file")
    if file is None:
        raise missing("file")
    mime = file.mime if kind_of(file.mime) else str(call.params.get("type") or file.mime)
    check(file.content, mime)
    return {"id": keep(call.store, file.content, mime, file.name, "upload", call.node)}


def _signature(node, expires):
    key = own_app.secret().encode()
    return hmac.new(key, f"{node}/{expires}".encode(), hashlib.sha256).hexdigest()[:32]


def address(origin, node):
    """A download address that lives five minutes."""
    expires = int(present.now()) + ADDRESS_LIFE
    return f"{origin}/whatsapp_business/attachments/?mid={node}&ext={expires}&hash={_signature(node, expires)}"


@route("GET", "media")
def read(call):
    row = call.store.get("media", call.node)
    asked = call.params.get("phone_number_id")
    if asked and row["number_id"] and row["number_id"] != asked:
        raise no_such_object(call.node)
    return {
        "messaging_product": "whatsapp",
        "url": address(call.request.origin, call.node),
        "mime_type": row["mime"],
        "sha256": row["sha256"],
        "file_size": row["size"],
        "id": row["id"],
    }


@route("DELETE", "media")
def delete(call):
    call.store.run("DELETE FROM media WHERE id = ?", call.node)
    call.store.run("DELETE FROM node WHERE id = ?", call.node)
    (call.store.media / call.node).unlink(missing_ok=True)
    return {"success": True}


def download(store, params):
    """The bytes behind an address; 404 once it has expired."""
    node, expires = params.get("mid", ""), params.get("ext", "")
    row = store.get("media", node)
    fits = expires.isdigit() and hmac.compare_digest(params.get("hash", ""), _signature(node, expires))
    if not row or not fits or int(expires) < present.now():
        return Response(b"Not found", 404, "text/plain")
    return file_response(store, row)


def file_response(store, row):
    path = store.media / row["id"]
    if not path.exists():
        return Response(b"Not found", 404, "text/plain")
    headers = {"x-content-type-options": "nosniff", "cache-control": "private, max-age=300"}
    return Response(path.read_bytes(), 200, row["mime"], headers)


# Resumable Upload API (samples for template headers, profile pictures)


@route("POST", "root", "uploads")
def start_upload(call):
    """``POST /{app_id}/uploads``: ``file_length``, ``file_type``, optional ``file_name``."""
    length, mime = call.params.get("file_length"), call.params.get("file_type")
    if not length:
        raise missing("file_length")
    if not mime:
        raise missing("file_type")
    if mime not in SAMPLES:
        raise GraphError(100, message=f'(#100) Param file_type must be one of {{{", ".join(SAMPLES)}}} - got "{mime}"')
    if int(length) > SAMPLES[mime]:
        raise GraphError(100, message="(#100) The file is too large.")
    node = f"upload:{secrets.token_urlsafe(36)}"
    call.store.insert(
        "upload",
        id=node,
        mime=mime,
        length=int(length),
        name=call.params.get("file_name"),
        created_at=present.now(),
    )
    return {"id": f"{node}?sig={secrets.token_urlsafe(9)}"}


@route("GET", "upload")
def upload_state(call):
    row = call.store.get("upload", call.node)
    return {"id": call.node, "file_offset": row["length"] if row["handle"] else 0}


@route("POST", "upload")
def finish_upload(call):
    """``POST /upload:…`` with the bytes as the body: ``{"h": "4::…"}``."""
    row = call.store.get("upload", call.node)
    content = call.request.body
    for file in call.files.values():
        content = file.content if isinstance(file, File) else content
    if len(content) != row["length"]:
        raise GraphError(
            100,
            message=f"(#100) {row['length']} bytes were announced and {len(content)} came.",
            subcode=1363030,
        )
    media_id = keep(call.store, content, row["mime"], row["name"], "sample")
    handle = "4::" + secrets.token_urlsafe(60)
    call.store.update("upload", call.node, handle=handle, media_id=media_id)
    return {"h": handle}
