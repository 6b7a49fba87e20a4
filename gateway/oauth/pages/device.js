// Puts the code of the address into the command that is to be typed.

const CODE = /^#[0-9A-Z]{4}-[0-9A-Z]{4}$/;

if (CODE.test(location.hash)) {
  document.getElementById("command").textContent = `hearth agent accept ${location.hash.slice(1)}`;
}
