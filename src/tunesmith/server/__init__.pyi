from .app import create_app as create_app
from .backup import back_up as back_up
from .backup import restore as restore
from .jobs.worker import run_worker as run_worker
from .keys import open_keys as open_keys
from .listen import listen as listen
from .notices.settings import NoticeSettings as NoticeSettings
from .settings import ServerSettings as ServerSettings
