from datetime import datetime

EVENT_SCHEDULER_STARTED: int
EVENT_SCHEDULER_SHUTDOWN: int
EVENT_JOB_EXECUTED: int
EVENT_JOB_ERROR: int
EVENT_JOB_MISSED: int
EVENT_JOB_SUBMITTED: int
EVENT_JOB_MAX_INSTANCES: int
EVENT_ALL: int

class SchedulerEvent:
    code: int
    alias: str | None

class JobEvent(SchedulerEvent):
    job_id: str
    jobstore: str

class JobSubmissionEvent(JobEvent):
    scheduled_run_times: list[datetime]

class JobExecutionEvent(JobEvent):
    scheduled_run_time: datetime
    retval: object
    exception: BaseException | None
    traceback: str | None
