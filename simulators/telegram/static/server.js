// Talks to the server that served this page, with the token it put into it.

const token = document.querySelector('meta[name="page-token"]').content;

export class Refusal extends Error {}

export async function ask(path, query = {}) {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) url.searchParams.set(name, value);
  }
  return read(await fetch(url, { headers: { "X-Page-Token": token } }));
}

export async function tell(path, body) {
  return read(await fetch(path, {
    method: "POST",
    headers: { "X-Page-Token": token, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  }));
}

async function read(response) {
  if (response.status === 403) renew();
  const answer = await response.json();
  if (!response.ok) throw new Refusal(answer.error);
  return answer;
}

// A restarted server has a new token: load the page again, but never in a tight circle.
function renew() {
  const last = Number(sessionStorage.getItem("renewed") || 0);
  if (Date.now() - last < 5000) return;
  sessionStorage.setItem("renewed", String(Date.now()));
  location.reload();
}

export function fileUrl(fileId, { download = false } = {}) {
  const query = new URLSearchParams({ token, ...(download ? { download: "1" } : {}) });
  return `/page/file/${encodeURIComponent(fileId)}?${query}`;
}

// Follows the numbered events after `after`; the browser reconnects and resumes by itself.
export function follow(after, { onEvent, onConnection }) {
  const source = new EventSource(`/page/events?${new URLSearchParams({ after, token })}`);
  source.onopen = () => onConnection(true);
  source.onmessage = (message) => onEvent(JSON.parse(message.data));
  source.onerror = () => {
    onConnection(false);
    if (source.readyState === EventSource.CLOSED) untilBack();
  };
}

async function untilBack() {
  try {
    await fetch("/", { cache: "no-store" });
    renew();
  } catch {
    // still away: the next attempt says more
  }
  setTimeout(untilBack, 1500);
}
