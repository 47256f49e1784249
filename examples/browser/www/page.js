const api = "https://api.example.com";

// What the page can read: the whole response, or nothing if the browser hides it.
async function call(method, path, token) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  try {
    const response = await fetch(api + path, { method, headers });
    const challenge = response.headers.get("WWW-Authenticate") ?? "";
    const body = (await response.text()).trim().slice(0, 200);
    return { allowed: response.ok, status: response.status, challenge, body };
  } catch (error) {
    return { allowed: false, status: "none", challenge: "", body: `hidden by the browser: ${error.message}` };
  }
}

function show(name, answer) {
  const row = document.querySelector("tbody").insertRow();
  row.className = answer.allowed ? "allowed" : "denied";
  for (const text of [name, answer.status, answer.challenge, answer.body]) row.insertCell().textContent = text;
}

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { method, path, token } = Object.fromEntries(new FormData(event.target));
  show(`${method} ${path}`, await call(method, path, token));
});
