# The types of the names that wideberth loads when they are first used.

from wideberth.errors import InvalidValue as InvalidValue
from wideberth.errors import NotComparable as NotComparable
from wideberth.errors import WideberthError as WideberthError
from wideberth.offline import BadInput as BadInput
from wideberth.offline import CheckResult as CheckResult
from wideberth.offline import Conflict as Conflict
from wideberth.offline import Incomparable as Incomparable
from wideberth.offline import Plan as Plan
from wideberth.offline import check as check
from wideberth.offline import load as load
from wideberth.space.altitude import altitude as altitude
from wideberth.space.volume import Separation as Separation
from wideberth.space.volume import Volume4D as Volume4D
from wideberth.space.volume import circle as circle
from wideberth.space.volume import polygon as polygon
