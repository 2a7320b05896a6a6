// The function of the setup guide's Node sample, unchanged.
// biome-ignore-all format: the guide's own code
// biome-ignore-all lint: the guide's own code
const crypto = require('crypto');
function verifyWebhook(payload, signature, secret) {
const hmac = crypto
.createHmac('sha256', secret)
.update(payload)
.digest('hex');
return crypto.timingSafeEqual(
Buffer.from(signature),
Buffer.from(hmac)
);
}

module.exports = { verifyWebhook };
