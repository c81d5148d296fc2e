"""Electricity demand: consumption and prices in Denmark."""

from tidegate import FeatureStep, System
from tidegate_examples.electricity.denmark import CONSUMPTION_FILES, DEMAND, PRICE_FILES, PRICES, ZONE

SYSTEM = System(
    name="electricity",
    description="How much electricity does Denmark use, and what does it cost?",
    zone=ZONE,
    steps=(FeatureStep(DEMAND, (CONSUMPTION_FILES,)), FeatureStep(PRICES, (PRICE_FILES,))),
)
