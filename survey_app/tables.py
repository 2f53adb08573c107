"""Every table of the application, for migrations and for tests of the schema."""

from survey_app.accounts import act_tables
from survey_app.accounts import tables as accounts
from survey_app.appraisals import tables as appraisals
from survey_app.assessments import tables as assessments
from survey_app.ballots import tables as ballots
from survey_app.closing import tables as closing
from survey_app.complaints import tables as complaints
from survey_app.core.database import Base
from survey_app.disclosure import tables as disclosure
from survey_app.followup import tables as followup
from survey_app.indicators import tables as indicators
from survey_app.intake import tables as intake
from survey_app.planning import tables as planning
from survey_app.publication import tables as publication
from survey_app.record import tables as record
from survey_app.register import tables as register
from survey_app.rounds import tables as rounds
from survey_app.schemes import tables as schemes
from survey_app.supervision import tables as supervision

ROOMS = (
    record,
    register,
    accounts,
    act_tables,
    schemes,
    rounds,
    ballots,
    closing,
    intake,
    planning,
    indicators,
    supervision,
    appraisals,
    assessments,
    complaints,
    followup,
    disclosure,
    publication,
)
metadata = Base.metadata
