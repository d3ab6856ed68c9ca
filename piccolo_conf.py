"""What Piccolo's own commands expect: the database of DATABASE_URL, and our tables and migrations."""

from piccolo.conf.apps import AppRegistry

from workshops.database import make_engine
from workshops.settings import settings

DB = make_engine(settings().database_url)
APP_REGISTRY = AppRegistry(apps=["workshops.piccolo_app"])
