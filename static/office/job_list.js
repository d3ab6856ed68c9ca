// The jobs of the national list are proposed under the field while one types; without this the server asks which one.
const field = document.getElementById("job");
const list = document.getElementById("job-list");
let timer, turns = 0;

field?.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, 200);
});

async function look() {
  const text = field.value.trim(), turn = ++turns;
  if (text.length < 3) return;
  try {
    const answer = await fetch(`/jobs?q=${encodeURIComponent(text)}`);
    if (!answer.ok || turn !== turns) return;
    const jobs = await answer.json();
    list.replaceChildren(...jobs.map(job => new Option(job.label, job.label)));
  } catch {
    // no network: what is typed is searched when it is sent
  }
}
