// For `node -r`: a server that is given no host listens on loopback only, where it would take every interface.
const net = require('net')
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...given) {
  if (given[0] !== null && typeof given[0] === 'object') given[0] = { host: '127.0.0.1', ...given[0] }
  else if (typeof given[1] !== 'string') given.splice(1, given[1] === undefined ? 1 : 0, '127.0.0.1')
  return listen.apply(this, given)
}
