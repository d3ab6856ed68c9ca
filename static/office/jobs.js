// The jobs of the national list appear while one types; without this the button beside it does the same.
const field = document.getElementById("job");
const place = document.getElementById("jobs");
const empty = document.getElementById("job-list").content.firstElementChild;
let last = field.value.trim(), timer, turns = 0;

field.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(look, 250);
});

// Enter presses the first button, which searches; elsewhere than in its field one means to save.
field.form.addEventListener("keydown", event => {
  if (event.key !== "Enter" || !event.target.matches("input:not([type=radio], [type=checkbox])")) return;
  event.preventDefault();
  if (event.target === field) look();
  else field.form.requestSubmit(field.form.querySelector("[value=save]"));
});

async function look() {
  const text = field.value.trim(), turn = ++turns;
  if (text === last || text.length < 3) return;
  last = text;
  try {
    const answer = await fetch(`/jobs?q=${encodeURIComponent(text)}`);
    if (answer.ok && turn === turns) show(await answer.json());
  } catch {
    // no network: the button is still there
  }
}

function show(jobs) {
  if (!jobs.length) return;
  const chosen = place.querySelector("input:checked")?.closest("label");
  const kept = chosen ? chosen.querySelector("input").value : null;
  const group = empty.cloneNode(true), sample = group.querySelector("label");
  const labels = jobs.filter(job => job.code !== kept).map(job => {
    const label = sample.cloneNode(true);
    label.querySelector("input").value = job.code;
    label.querySelector("span").textContent = job.label;
    return label;
  });
  sample.remove();
  group.append(...(chosen ? [chosen] : []), ...labels);
  group.querySelectorAll("input").forEach((box, number) => { box.id = number ? `rome_code-${number + 1}` : "rome_code"; });
  place.replaceChildren(group);
}
